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
connections = {{ int64 .Values.server.connections }}
streams = {{ int64 .Values.server.streams }}
calls = {{ int64 .Values.server.calls }}
{{- if .Values.tls.existingSecret }}

[server.tls]
cert = "/run/outgate/tls/tls.crt"
key = "/run/outgate/tls/tls.key"
client_auth = {{ toJson .Values.tls.clientAuth }}
{{- if .Values.tls.clientCaConfigMap.name }}
client_ca_file = "/run/outgate/clients/ca.crt"
{{- end }}
{{- if .Values.tls.clientCrlConfigMap.name }}
client_crl_file = "/run/outgate/revoked/ca.crl"
{{- end }}
{{- end }}

[seal]
key_file = "/run/outgate/credentials/seal.key"
# Kubernetes mounts key and token as root:fsGroup with mode 0440; the group is the process's own.
group_readable = true
{{- with .Values.sealKey.transit }}
{{- if .address }}

[seal.transit]
address = {{ toJson .address }}
mount = {{ toJson .mount }}
key = {{ toJson .keyName }}
token_file = "/run/outgate/credentials/transit.token"
{{- if .caConfigMap.name }}
ca_file = "/run/outgate/transit/ca.crt"
{{- end }}
{{- end }}
{{- end }}

[audit]
strict_tenants = {{ toJson .Values.audit.strictTenants }}

[identity]
operator_token_file = "/run/outgate/credentials/operator.token"
{{- range .Values.identity.tokens }}

[[identity.tokens]]
name = {{ toJson .name }}
token_file = {{ printf "/run/outgate/credentials/tokens/%s" .name | toJson }}
tenant = {{ toJson .tenant }}
roles = {{ toJson .roles }}
{{- end }}
{{- if .Values.identity.kubernetes.enabled }}

# The cluster's keys, read with the pod's own token.
[[identity.issuers]]
name = "cluster"
issuer = {{ toJson .Values.identity.kubernetes.issuer }}
audiences = [{{ toJson .Values.identity.kubernetes.audience }}]
jwks_url = "https://kubernetes.default.svc/openid/v1/jwks"
ca_file = "/run/outgate/cluster/ca.crt"
token_file = "/run/outgate/cluster/token"
networks = {{ toJson .Values.identity.kubernetes.networks }}
direct = true
{{- end }}
{{- $names := dict "jwksUrl" "jwks_url" "leewaySeconds" "leeway_seconds" "standsFor" "stands_for" "certificateUri" "certificate_uri" "certificateDns" "certificate_dns" "certificateCn" "certificate_cn" }}
{{- range .Values.identity.issuers }}

[[identity.issuers]]
{{- range $key, $value := . }}
{{ default $key (get $names $key) }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- range .Values.identity.bindings }}

[[identity.bindings]]
{{- range $key, $value := . }}
{{ default $key (get $names $key) }} = {{ toJson $value }}
{{- end }}
{{- end }}

[quotas]
requests_per_second = {{ int64 .Values.quotas.requestsPerSecond }}
burst = {{ int64 .Values.quotas.burst }}
secrets = {{ int64 .Values.quotas.secrets }}
registers = {{ int64 .Values.quotas.registers }}
bytes = {{ int64 .Values.quotas.bytes }}
{{- range $tenant, $own := .Values.quotas.tenants }}

[quotas.tenants.{{ toJson $tenant }}]
{{- range $key, $value := $own }}
{{ snakecase $key }} = {{ int64 $value }}
{{- end }}
{{- end }}

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

{{- range $tenant, $own := .Values.saveSecret.tenants }}

[save_secret.tenants.{{ toJson $tenant }}]
{{- range $answers, $origins := $own }}
{{ toJson $answers }} = {{ toJson $origins }}
{{- end }}
{{- end }}

[scripts]
workers = {{ int64 .Values.scripts.workers }}
wait_ms = {{ int64 .Values.scripts.waitMs }}

[telemetry]
log = {{ toJson .Values.telemetry.log }}
spans = {{ toJson .Values.telemetry.spans }}
{{- end }}
