# The image of the one binary, `outgate`.
#
# Tags below are for reading: both name a moving image, so that a plain `docker build` gets the latest fixes of Debian 12.
# A release pins what was tested: take the digest from `docker buildx imagetools inspect TAG` and pass both bases as
# name:tag@sha256:…, with --build-arg BUILDER=… --build-arg RUNTIME=…; the digest wins over the tag.
#
# Builder and runtime are both Debian 12, as the binary is linked against that glibc.
ARG BUILDER=rust:1.95.0-bookworm
ARG RUNTIME=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILDER} AS builder
# The image's own toolchain; without this, rust-toolchain.toml would have rustup fetch the linters too.
ENV RUSTUP_TOOLCHAIN=1.95.0 \
    CARGO_TERM_COLOR=never
WORKDIR /build
COPY . .
# The registry, the git checkouts and the target folder outlive the build (BuildKit cache mounts), so that a changed line recompiles
# what depends on it and nothing else. The binary is copied out, as a cache mount is no part of the layer.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/usr/local/cargo/git \
    --mount=type=cache,target=/build/target,sharing=locked \
    cargo build --release --locked -p outgate \
    && install -D -m 0755 target/release/outgate /out/usr/local/bin/outgate \
    && install -d -m 0700 -o 65532 -g 65532 /out/var/lib/outgate

FROM ${RUNTIME}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="outgate" \
      org.opencontainers.image.description="Executes HTTP integrations for internal backends over gRPC" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=builder /out/usr/local/bin/outgate /usr/local/bin/outgate
# A named volume mounted here takes over the owner, so that the process may write to it.
COPY --from=builder --chown=65532:65532 /out/var/lib/outgate /var/lib/outgate
# By number: with a name, the kubelet could not tell that runAsNonRoot holds.
USER 65532:65532
# gRPC, and health in plaintext where a configuration switches it on.
EXPOSE 7600 7609
VOLUME ["/var/lib/outgate"]
ENTRYPOINT ["/usr/local/bin/outgate"]
CMD ["serve", "--data", "/var/lib/outgate"]
