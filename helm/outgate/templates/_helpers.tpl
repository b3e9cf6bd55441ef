{{/* The chart's name, as labels carry it. */}}
{{- define "outgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{/*
The name of everything the release makes. 52 characters: the pods' controller-revision-hash label is this name, a
dash and ten more, and a label ends at 63.
*/}}
{{- define "outgate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "outgate.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "outgate.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "outgate.headlessName" -}}
{{- printf "%s-headless" (include "outgate.fullname" .) }}
{{- end }}

{{- define "outgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "outgate.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Labels that never change over a release's life: selectors are immutable. */}}
{{- define "outgate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "outgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels that say where an object comes from, without those that select the server's pod. */}}
{{- define "outgate.originLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: outgate
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "outgate.labels" -}}
{{ include "outgate.selectorLabels" . }}
app.kubernetes.io/component: server
{{ include "outgate.originLabels" . }}
{{- end }}

{{/* The image, by digest where one is given. */}}
{{- define "outgate.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* Labels of the pods that may call, for the NetworkPolicy and for NOTES.txt. */}}
{{- define "outgate.clientPodLabels" -}}
{{- if .Values.networkPolicy.clientPodLabels }}
{{- toYaml .Values.networkPolicy.clientPodLabels }}
{{- else }}
{{- printf "%s-client: \"true\"" (include "outgate.fullname" .) }}
{{- end }}
{{- end }}
