# Tunesmith with CUDA. Build: docker build -t tunesmith .
# Run: docker run --rm --gpus all -p 127.0.0.1:7860:7860 -v tunesmith:/data tunesmith
FROM nvidia/cuda:13.0.1-runtime-ubuntu24.04

ENV DEBIAN_FRONTEND=noninteractive \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TUNESMITH_HOME=/data \
    TUNESMITH_HOST=0.0.0.0

# A C compiler: Triton builds small helpers with it at run time.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev software-properties-common gnupg \
    && add-apt-repository -y ppa:deadsnakes/ppa \
    && apt-get install -y --no-install-recommends python3.11 python3.11-dev python3.11-venv \
    && apt-get purge -y software-properties-common gnupg \
    && apt-get autoremove -y \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 10001 tunesmith \
    && install -d -o tunesmith -g tunesmith /app /data

WORKDIR /app
COPY requirements.txt ./
RUN python3.11 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
ENV PATH=/opt/venv/bin:$PATH

COPY --chown=tunesmith:tunesmith . .

USER tunesmith
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('TUNESMITH_PORT', '7860') + '/healthz', timeout=4)"]

# The container listens on every address; publish the port to this machine alone, as above: there are no accounts yet.
CMD ["python", "app.py", "serve", "--allow-remote"]
