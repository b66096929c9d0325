FROM node:20-slim AS build
WORKDIR /skein
COPY package.json package-lock.json ./
# The build is a step of its own; no package that stays needs a script.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /skein
COPY --from=build /skein/package.json ./
COPY --from=build /skein/node_modules ./node_modules
COPY --from=build /skein/dist ./dist
COPY LICENSE README.md ./
COPY containers ./containers
# Volumes mounted here belong to the user that Skein runs as.
RUN mkdir /files /state /tokens && chown node:node /files /state /tokens
USER node
EXPOSE 5433 5480
ENTRYPOINT ["node", "/skein/dist/cli/skein.cjs"]
CMD ["--help"]
