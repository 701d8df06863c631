# Tidegate without a screen, for a server of one's own:
#
#   docker build --tag tidegate .
#   docker run --detach --publish 127.0.0.1:3456:3456 --volume tidegate:/data \
#     --env TIDEGATE_API_KEY=tg-… --env ANTHROPIC_API_KEY=sk-ant-… tidegate
#
# There is no keyring in a container: both keys come from the environment. Publish the port on 127.0.0.1 as above, unless
# you know who else is on the network. A Claude Code sign-in is for its owner's own computer and is not used here.

FROM debian:12-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils ca-certificates libpython3.11 make python3
WORKDIR /source
COPY . .
RUN python3 packaging/prepare.py package && .venv-package/bin/python packaging/build.py --only-program

FROM debian:12-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1000 --create-home tidegate && install --directory --owner tidegate --mode 0700 /data
COPY --from=build /source/dist/tidegate /usr/lib/tidegate
RUN ln -s ../lib/tidegate/tidegate /usr/bin/tidegate
USER tidegate
ENV TIDEGATE_HOME=/data PYTHON_KEYRING_BACKEND=keyring.backends.fail.Keyring
VOLUME /data
EXPOSE 3456
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/3456 && printf 'GET /health HTTP/1.1\\r\\nHost: 127.0.0.1:3456\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200'"]
ENTRYPOINT ["tidegate"]
CMD ["serve", "--host", "0.0.0.0"]
