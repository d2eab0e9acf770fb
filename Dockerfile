# An image of the program alone: no shell, no package manager, not root. It takes the
# program that `make release` has built:
#
#   make release
#   docker build --build-arg PROGRAM=.bin/release/dsr-server_VERSION_linux_amd64 -t dsr-server .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 127.0.0.1:8080:8080 \
#     -v dsr-data:/var/lib/dsr -v /etc/dsr:/etc/dsr:ro dsr-server
#
# /var/lib/dsr has to be of user 10001; an empty one is closed to others by the program. So
# have the key files that /etc/dsr/dsr.yaml names, with mode 0600. In that file: data_dir:
# /var/lib/dsr, listen: 0.0.0.0:8080 and allow_plain_http: true (the network between the
# container and the TLS proxy is yours).
ARG BASE=gcr.io/distroless/static-debian12:nonroot

FROM scratch AS folder
WORKDIR /var/lib/dsr

FROM ${BASE}
ARG PROGRAM
COPY --chmod=0755 ${PROGRAM} /usr/bin/dsr-server
COPY --from=folder --chown=10001:10001 /var/lib/dsr /var/lib/dsr
USER 10001:10001
WORKDIR /var/lib/dsr
VOLUME /var/lib/dsr
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/dsr-server"]
CMD ["serve", "--config", "/etc/dsr/dsr.yaml"]
