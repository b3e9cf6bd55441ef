{{/*
Mounted volumes beside the store's. Files of Secrets say 0440 because that is what fsGroup makes of anything stricter:
owner root, group the process's own, nobody else.
*/}}
{{- define "outgate.volumes" -}}
- name: config
  configMap:
    name: {{ include "outgate.fullname" . }}
    defaultMode: 0444
- name: credentials
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ .Values.sealKey.existingSecret }}
          items:
            - { key: {{ .Values.sealKey.key | quote }}, path: seal.key }
      - secret:
          name: {{ .Values.operatorToken.existingSecret }}
          items:
            - { key: {{ .Values.operatorToken.key | quote }}, path: operator.token }
{{- with .Values.egress.proxy.credentialsSecret }}
{{- if .name }}
      - secret:
          name: {{ .name }}
          items:
            - { key: {{ .key | quote }}, path: proxy.credentials }
{{- end }}
{{- end }}
{{- with .Values.sealKey.transit }}
{{- if .address }}
      - secret:
          name: {{ .tokenSecret.name }}
          items:
            - { key: {{ .tokenSecret.key | quote }}, path: transit.token }
{{- end }}
{{- end }}
{{- range .Values.identity.tokens }}
      - secret:
          name: {{ .existingSecret }}
          items:
            - { key: {{ .key | quote }}, path: {{ printf "tokens/%s" .name | quote }} }
{{- end }}
{{- with .Values.tls }}
{{- if .existingSecret }}
- name: tls
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
    items:
      - { key: {{ .certKey | quote }}, path: tls.crt }
      - { key: {{ .keyKey | quote }}, path: tls.key }
{{- end }}
{{- end }}
{{- with .Values.tls.clientCaConfigMap }}
{{- if .name }}
- name: clients
  configMap:
    name: {{ .name }}
    defaultMode: 0444
    items:
      - { key: {{ .key | quote }}, path: ca.crt }
{{- end }}
{{- end }}
{{- with .Values.tls.clientCrlConfigMap }}
{{- if .name }}
- name: revoked
  configMap:
    name: {{ .name }}
    defaultMode: 0444
    items:
      - { key: {{ .key | quote }}, path: ca.crl }
{{- end }}
{{- end }}
{{- with .Values.sealKey.transit }}
{{- if and .address .caConfigMap.name }}
- name: transit
  configMap:
    name: {{ .caConfigMap.name }}
    defaultMode: 0444
    items:
      - { key: {{ .caConfigMap.key | quote }}, path: ca.crt }
{{- end }}
{{- end }}
{{- if .Values.identity.kubernetes.enabled }}
- name: cluster
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3600 }
      - configMap:
          name: kube-root-ca.crt
          items:
            - { key: ca.crt, path: ca.crt }
{{- end }}
{{- with .Values.egress.caConfigMap }}
{{- if .name }}
- name: ca
  configMap:
    name: {{ .name }}
    defaultMode: 0444
    items:
      - { key: {{ .key | quote }}, path: ca.crt }
{{- end }}
{{- end }}
{{- end }}
