{{/*
What values.schema.json cannot say in a sentence, or what must hold even where the schema is skipped
(helm --skip-schema-validation). Each message names the value and the next step.
*/}}
{{- define "outgate.validate" -}}
{{- if ne (int .Values.replicaCount) 1 }}
{{- fail (printf "replicaCount is %v, but the embedded store has one writer: run exactly one replica (replicaCount: 1)." .Values.replicaCount) }}
{{- end }}
{{- if not .Values.sealKey.existingSecret }}
{{- fail (printf "sealKey.existingSecret is empty: nothing is stored without a sealing key. Make one and name its Secret here: %s" (include "outgate.makeCredentials" .)) }}
{{- end }}
{{- if not .Values.operatorToken.existingSecret }}
{{- fail (printf "operatorToken.existingSecret is empty: without a token nobody could operate Outgate. Make one and name its Secret here: %s" (include "outgate.makeCredentials" .)) }}
{{- end }}
{{- if not (or .Values.tls.existingSecret .Values.server.plaintextBeyondLoopback) }}
{{- fail "Outgate listens beyond loopback here and would do so without TLS: set tls.existingSecret to a kubernetes.io/tls Secret, or say in so many words server.plaintextBeyondLoopback=true." }}
{{- end }}
{{- $proxies := list .Values.egress.proxy.url }}
{{- range .Values.egress.tenants }}
{{- $proxies = append $proxies (default "" .proxy) }}
{{- end }}
{{- if contains "@" (join " " $proxies) }}
{{- fail "A proxy in egress names a user or password, which this message does not repeat: put user:password into a Secret and name it in egress.proxy.credentialsSecret." }}
{{- end }}
{{- if and .Values.egress.proxy.credentialsSecret.name (not .Values.egress.proxy.url) }}
{{- fail "egress.proxy.credentialsSecret names credentials for no proxy: set egress.proxy.url, or leave the Secret out." }}
{{- end }}
{{- if and (ne .Values.tls.clientAuth "off") (not .Values.tls.clientCaConfigMap.name) }}
{{- fail "tls.clientAuth asks for client certificates of nobody: name a ConfigMap with their authorities in tls.clientCaConfigMap." }}
{{- end }}
{{- if and .Values.tls.clientCaConfigMap.name (or (eq .Values.tls.clientAuth "off") (not .Values.tls.existingSecret)) }}
{{- fail "tls.clientCaConfigMap is named and no client certificate asked for: set tls.existingSecret, and tls.clientAuth to optional or required." }}
{{- end }}
{{- if and .Values.tls.clientCrlConfigMap.name (not .Values.tls.clientCaConfigMap.name) }}
{{- fail "tls.clientCrlConfigMap says what was taken back of nobody's certificates: name their authorities in tls.clientCaConfigMap." }}
{{- end }}
{{- with .Values.sealKey.transit }}
{{- if and .address (not .tokenSecret.name) }}
{{- fail "sealKey.transit.tokenSecret.name is empty: the transit engine wants a token; put it into a Secret and name that here." }}
{{- end }}
{{- if and (or .tokenSecret.name .caConfigMap.name) (not .address) }}
{{- fail "sealKey.transit names a token or an authority for no engine: set sealKey.transit.address, or leave them out." }}
{{- end }}
{{- end }}
{{- if and .Values.identity.kubernetes.enabled (not .Values.identity.kubernetes.networks) }}
{{- fail "identity.kubernetes.networks is empty: name the addresses of the API server, where nothing else of Outgate may go (kubectl get service,endpointslices kubernetes)." }}
{{- end }}
{{- if and .Values.tls.existingSecret .Values.server.plaintextBeyondLoopback }}
{{- fail "tls.existingSecret and server.plaintextBeyondLoopback=true contradict each other: keep one." }}
{{- end }}
{{- end }}

{{/* The commands that make both credentials in one Secret: a key ring of one key, and a token. One line, as it ends up in
an error. */}}
{{- define "outgate.makeCredentials" -}}
(umask 077 && id=$(openssl rand -hex 8) && printf 'outgate-keyring 1\nactive %s\nkey %s %s\n' "$id" "$id" "$(openssl rand -hex 32)" > seal.key && openssl rand -hex 32 > operator.token) && kubectl --namespace {{ .Release.Namespace }} create secret generic outgate-credentials --from-file=seal.key --from-file=operator.token
{{- end }}
