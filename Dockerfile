# One image with BunkerM and Mosquitto: no shell, no package manager, an ordinary user. Everything is compiled for the
# platform that is asked for on the one that builds; nothing of the other platform is run.
#
#   docker build -t bunkerm .
#   docker buildx build --platform linux/amd64,linux/arm64,linux/arm/v7 -t bunkerm .
#
# What is kept is in /data. docs/docker.md says how to run it.

FROM --platform=$BUILDPLATFORM docker.io/library/node:22-trixie-slim AS page
WORKDIR /src/ui
COPY ui/package.json ui/package-lock.json ./
RUN npm ci --silent
COPY docs/api/openapi.json ../docs/api/openapi.json
COPY ui ./
RUN npm run --silent build

FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26-trixie AS compiler
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/ui/dist ui/dist
ARG TARGETOS
ARG TARGETARCH
ARG TARGETVARIANT
ARG TARGETPLATFORM
ARG VERSION=0.1.0
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -trimpath -buildvcs=false \
	-ldflags "-s -w -X main.version=$VERSION" -o "/out/$TARGETPLATFORM/bunkerm" ./cmd/bunkerm

# A release has compiled already; .goreleaser.yaml puts a folder with the same files in the place of this stage.
FROM scratch AS program
COPY --from=compiler /out /

FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26-trixie AS picker
WORKDIR /src
COPY packaging/image/doc.go packaging/image/main.go ./
RUN CGO_ENABLED=0 go build -o /image doc.go main.go

# The broker of Debian, unpacked and not installed, and what it needs.
FROM --platform=$BUILDPLATFORM docker.io/library/debian:trixie-slim AS broker
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata
ARG TARGETARCH
COPY packaging/image/unpack /unpack
RUN /unpack "$TARGETARCH" /packages mosquitto
COPY --from=picker /image /image
RUN /image /packages /root-of-image usr/sbin/mosquitto 'usr/lib/*/mosquitto_dynamic_security.so'
COPY packaging/image/etc /root-of-image/etc
RUN mkdir /empty && cd /root-of-image && mkdir -m 1777 tmp && mkdir -p usr/share usr/bin etc/ssl/certs usr/lib64 && \
	ln -s usr/lib lib && ln -s usr/lib64 lib64 && ln -s usr/bin bin && \
	cp -a /usr/share/zoneinfo usr/share/ && cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/

FROM scratch AS base
ARG TARGETPLATFORM
ARG VERSION=0.1.0
COPY --from=broker /root-of-image /
# A volume that is made from the image has its owner from here, so the folder must not be there before.
COPY --from=broker --chown=1883:1883 /empty /data
COPY --from=program /$TARGETPLATFORM/bunkerm /usr/bin/bunkerm
LABEL org.opencontainers.image.title="BunkerM" \
	org.opencontainers.image.description="An MQTT broker with access control, a page and an API" \
	org.opencontainers.image.url="https://github.com/bunkerm/bunkerm" \
	org.opencontainers.image.source="https://github.com/bunkerm/bunkerm" \
	org.opencontainers.image.documentation="https://github.com/bunkerm/bunkerm/blob/main/docs/docker.md" \
	org.opencontainers.image.licenses="Apache-2.0" \
	org.opencontainers.image.version="$VERSION"
# A container ends with its first process: nothing can outlive it, so the broker is stopped in time, and saves what it
# knows. The ports of single services are on loopback, which nobody outside of a container reaches.
ENV PATH=/usr/sbin:/usr/bin \
	BUNKERM_DATA_DIR=/data/bunkerm \
	BUNKERM_MQTT_LISTEN=:1883 \
	BUNKERM_ON_EXIT=stop \
	BUNKERM_DYNSEC_LISTEN="" \
	BUNKERM_MONITOR_LISTEN="" \
	BUNKERM_CLIENTLOGS_LISTEN="" \
	BUNKERM_CONFIG_LISTEN="" \
	BUNKERM_ANOMALY_LISTEN=""
EXPOSE 1883 2000 8883 8884 8885
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --retries=3 CMD ["/usr/bin/bunkerm", "healthcheck"]
ENTRYPOINT ["/usr/bin/bunkerm"]
CMD ["serve"]

# The same for Home Assistant, which gives an add-on a data folder of root: BunkerM runs as root there, and its broker
# as the user mosquitto.
FROM base AS homeassistant
USER 0:0

# What `docker build` makes when nothing else is asked for.
FROM base AS bunkerm
USER 1883:1883
