{{/* The one container of the pod. */}}
{{- define "outgate.container" -}}
name: outgate
image: {{ include "outgate.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - serve
  - --config
  - /etc/outgate/outgate.toml
  - --data
  - /var/lib/outgate
{{- with (include "outgate.env" . | trim) }}
env:
  {{- . | nindent 2 }}
{{- end }}
ports:
  - name: grpc
    containerPort: 7600
    protocol: TCP
  - name: health
    containerPort: 7609
    protocol: TCP
{{- with .Values.probes }}
startupProbe:
  grpc: { port: 7609, service: liveness }
  periodSeconds: {{ .startup.periodSeconds }}
  failureThreshold: {{ .startup.failureThreshold }}
livenessProbe:
  grpc: { port: 7609, service: liveness }
  periodSeconds: {{ .liveness.periodSeconds }}
  timeoutSeconds: {{ .liveness.timeoutSeconds }}
  failureThreshold: {{ .liveness.failureThreshold }}
readinessProbe:
  grpc: { port: 7609, service: readiness }
  periodSeconds: {{ .readiness.periodSeconds }}
  timeoutSeconds: {{ .readiness.timeoutSeconds }}
  failureThreshold: {{ .readiness.failureThreshold }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "outgate.containerSecurityContext" . | nindent 2 }}
volumeMounts:
  - { name: config, mountPath: /etc/outgate, readOnly: true }
  - { name: credentials, mountPath: /run/outgate/credentials, readOnly: true }
  {{- if .Values.tls.existingSecret }}
  - { name: tls, mountPath: /run/outgate/tls, readOnly: true }
  {{- end }}
  {{- if .Values.tls.clientCaConfigMap.name }}
  - { name: clients, mountPath: /run/outgate/clients, readOnly: true }
  {{- end }}
  {{- if .Values.tls.clientCrlConfigMap.name }}
  - { name: revoked, mountPath: /run/outgate/revoked, readOnly: true }
  {{- end }}
  {{- if and .Values.sealKey.transit.address .Values.sealKey.transit.caConfigMap.name }}
  - { name: transit, mountPath: /run/outgate/transit, readOnly: true }
  {{- end }}
  {{- if .Values.identity.kubernetes.enabled }}
  - { name: cluster, mountPath: /run/outgate/cluster, readOnly: true }
  {{- end }}
  {{- if .Values.egress.caConfigMap.name }}
  - { name: ca, mountPath: /run/outgate/ca, readOnly: true }
  {{- end }}
  - { name: data, mountPath: /var/lib/outgate }
{{- end }}

{{- define "outgate.env" -}}
{{- with .Values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ printf "k8s.namespace.name=%s,k8s.pod.name=$(POD_NAME)" $.Release.Namespace | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
