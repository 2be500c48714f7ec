FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

FROM node:26-slim AS studio
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
RUN npm ci
COPY http http
RUN npm run studio

FROM node:26-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY package.json main.ts outside.ts cli.ts config.ts ./
COPY machines machines
COPY actors actors
COPY runtime runtime
COPY persistence persistence
COPY http http
COPY --from=studio /app/http/studio/dist http/studio/dist
COPY cli cli
RUN mkdir data && chown node data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s CMD ["node", "-e", "fetch('http://127.0.0.1:3000/livez').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# Not through npm, so that SIGTERM reaches the process, which drains.
CMD ["node", "--max-semi-space-size=32", "--min-semi-space-size=32", "main.ts"]
