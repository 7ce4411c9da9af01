# Twintrack with its embedded SIP engine, media relay and recorder.
#
#   docker build -t twintrack .
#   docker run --rm --network host -v twintrack:/var/lib/twintrack twintrack
#
# RTP wants thousands of UDP ports, and SIP wants to know its own address: use the host's network.

FROM node:20-bookworm-slim AS build
WORKDIR /app
# `npm ci` compiles (prepare), so the sources come first.
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY src src
COPY scripts/bundle.ts scripts/
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
ENV NODE_ENV=production \
    TWINTRACK_RECORDER__EMBEDDED__DIRECTORY=/var/lib/twintrack/recordings \
    TWINTRACK_CDR__FILE=/var/lib/twintrack/cdr.jsonl
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY config config
COPY assets assets
COPY LICENSE ./
RUN install -d -o node -g node -m 0750 /var/lib/twintrack
USER node
VOLUME /var/lib/twintrack
# SIP, HTTP, RTP of calls, SIP and RTP of the embedded recorder.
EXPOSE 5060/udp 5060/tcp 8080/tcp 20000-29999/udp 5070/udp 5070/tcp 10000-19999/udp
STOPSIGNAL SIGTERM
# Where http.listen is another address, say so: -e HEALTH_URL=http://10.0.0.5:8080/readyz
ENV HEALTH_URL=http://127.0.0.1:8080/readyz
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.HEALTH_URL).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["serve"]
