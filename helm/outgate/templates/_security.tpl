{{/*
Pod Security "restricted", fixed: values choose numeric ids and nothing else.

fsGroup does two things here. It lets a process that is not root write to the volume, and it is the only way in which
that process can read a mounted Secret that others cannot: kubelet writes those files as root, and with fsGroup makes
them root:<fsGroup> with mode 0440, whatever defaultMode says.

OnRootMismatch: by default kubelet adds group read and write to every file of the volume at each mount. Files that
Outgate made with 0600 must stay so.
*/}}
{{- define "outgate.podSecurityContext" -}}
runAsNonRoot: true
{{- with .Values.podSecurity }}
{{- if not (kindIs "invalid" .runAsUser) }}
runAsUser: {{ .runAsUser | int64 }}
{{- end }}
{{- if not (kindIs "invalid" .runAsGroup) }}
runAsGroup: {{ .runAsGroup | int64 }}
{{- end }}
{{- if not (kindIs "invalid" .fsGroup) }}
fsGroup: {{ .fsGroup | int64 }}
{{- end }}
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "outgate.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}
