# mien as a REST service; see docs/serve.md.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m venv /opt/mien && /opt/mien/bin/pip install --no-cache-dir ".[serve]"

FROM python:3.12-slim
COPY --from=build /opt/mien /opt/mien
RUN useradd --system --uid 10001 --no-create-home mien
USER 10001
ENV PATH=/opt/mien/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# The network that comes with mien answers; another one is given after the image's name: docker run -v "$PWD/model.onnx:/model.onnx:ro" ... mien /model.onnx
ENTRYPOINT ["mien", "serve", "--host", "0.0.0.0", "--port", "8000"]
