{{/*
outgate.toml. Values are written with toJson: a JSON string, and an array of them, is also a TOML one.
The credentials are mounted under /run/outgate, beside this file's own mount and not inside it: a mount cannot be
made within a read-only one.
*/}}
{{- define "outgate.config" -}}
# Written by the chart; change its values instead.

[server]
listen = "0.0.0.0:7600"
health_listen = "0.0.0.0:7609"
plaintext_beyond_loopback = {{ .Values.server.plaintextBeyondLoopback }}
{{- if .Values.tls.existingSecret }}
tls = { cert = "/run/outgate/tls/tls.crt", key = "/run/outgate/tls/tls.key" }
{{- end }}

[seal]
key_file = "/run/outgate/credentials/seal.key"
# Kubernetes mounts key and token as root:fsGroup with mode 0440; the group is the process's own.
group_readable = true

[identity]
operator_token_file = "/run/outgate/credentials/operator.token"

[egress]
ports = {{ toJson .Values.egress.ports }}
allow_http = {{ .Values.egress.allowHttp }}
networks = {{ toJson .Values.egress.networks }}
{{- if .Values.egress.caConfigMap.name }}
ca_files = ["/run/outgate/ca/ca.crt"]
{{- else }}
ca_files = []
{{- end }}
proxy = {{ toJson .Values.egress.proxy.url }}
{{- if .Values.egress.proxy.credentialsSecret.name }}
proxy_credentials_file = "/run/outgate/credentials/proxy.credentials"
{{- end }}
proxy_resolves = {{ .Values.egress.proxy.resolves }}
refuse_echoes = {{ .Values.egress.refuseEchoes }}
{{- $keys := dict "ports" "ports" "allowHttp" "allow_http" "networks" "networks" "proxy" "proxy" "proxyResolves" "proxy_resolves" "refuseEchoes" "refuse_echoes" }}
{{- range $tenant, $own := .Values.egress.tenants }}

[egress.tenants.{{ toJson $tenant }}]
{{- range $key, $value := $own }}
{{ get $keys $key }} = {{ toJson $value }}
{{- end }}
{{- end }}

[telemetry]
log = {{ toJson .Values.telemetry.log }}
{{- end }}
