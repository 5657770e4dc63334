# Builds the client and the server, then keeps the binary alone.
FROM rust:1.95-bookworm AS build
WORKDIR /umbrachat
RUN rustup target add wasm32-unknown-unknown
COPY . .
# The client first: the server embeds it.
RUN cargo xtask build --client
RUN cargo build --locked --profile dist --package umbrachat
# An empty folder to own: the next image has no shell to make one.
RUN mkdir /empty

# The C library and nothing else: no shell, no package manager. Its user `nonroot` has the id 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /umbrachat/target/dist/umbrachat /usr/local/bin/umbrachat
COPY --from=build --chown=65532:65532 /empty /data
ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/umbrachat"]
