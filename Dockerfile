# syntax=docker/dockerfile:1
# Builds the client and the server, then keeps the binary alone. `cargo xtask image` carries this out without an engine.

FROM rust:1.95.0-slim-bookworm AS toolchain
WORKDIR /umbrachat
RUN rustup target add wasm32-unknown-unknown
RUN cargo install --locked --version 0.1.78 cargo-chef

# What everything is made of: this changes only when a manifest or the lock file does.
FROM toolchain AS recipe
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM toolchain AS build
COPY --from=recipe /umbrachat/recipe.json recipe.json
# Dependencies first: these layers are kept for as long as the recipe is the same.
RUN cargo chef cook --locked --recipe-path recipe.json --package xtask
RUN cargo chef cook --locked --recipe-path recipe.json --package umbrachat-frontend --profile browser \
  --target wasm32-unknown-unknown --target-dir target/browser
RUN cargo chef cook --locked --recipe-path recipe.json --package umbrachat --profile dist
COPY . .
# The client before the server, which embeds it.
RUN cargo --locked xtask build --client
RUN cargo build --locked --package umbrachat --profile dist
# An empty folder to own: the next image has no shell to make one.
RUN mkdir empty

# The C library and nothing else: no shell, no package manager. Its user `nonroot` has the id 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="UmbraChat" \
  org.opencontainers.image.description="A private messenger: API, socket and web client in one process" \
  org.opencontainers.image.licenses="Apache-2.0 OR MIT"
COPY --from=build /umbrachat/target/dist/umbrachat /usr/local/bin/umbrachat
COPY --from=build --chown=65532:65532 /umbrachat/empty /data
ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/umbrachat", "health"]
ENTRYPOINT ["/usr/local/bin/umbrachat"]
