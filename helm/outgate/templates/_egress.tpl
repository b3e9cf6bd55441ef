{{/* egress.ports as the ports of a NetworkPolicy rule; a range becomes port and endPort. */}}
{{- define "outgate.egressPorts" -}}
{{- range .Values.egress.ports }}
{{- $ends := splitList "-" . }}
- protocol: TCP
  port: {{ first $ends }}
{{- if gt (len $ends) 1 }}
  endPort: {{ last $ends }}
{{- end }}
{{- end }}
{{- end }}

{{/*
Addresses that are not globally reachable (IANA special-purpose registries, RFC 6890 and its successors), cloud
metadata among them. What an operator allows of them stands in egress.networks.
*/}}
{{- define "outgate.notPublicV4" -}}
- 0.0.0.0/8
- 10.0.0.0/8
- 100.64.0.0/10
- 127.0.0.0/8
- 169.254.0.0/16
- 172.16.0.0/12
- 192.0.0.0/24
- 192.0.2.0/24
- 192.168.0.0/16
- 198.18.0.0/15
- 198.51.100.0/24
- 203.0.113.0/24
- 224.0.0.0/4
- 240.0.0.0/4
{{- end }}

{{/* The translation prefixes are here because an IPv4 address of the list above can hide in them. */}}
{{- define "outgate.notPublicV6" -}}
- ::/127
- 64:ff9b::/96
- 64:ff9b:1::/48
- 100::/64
- 2001::/23
- 2001:db8::/32
- 2002::/16
- fc00::/7
- fe80::/10
- ff00::/8
{{- end }}
