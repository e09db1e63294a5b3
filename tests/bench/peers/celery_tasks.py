"""The task of bench_celery, for its worker and its client."""
import os

from celery import Celery

app = Celery("celery_tasks", broker=os.environ["BENCH_REDIS"], backend=os.environ["BENCH_REDIS"])


@app.task
def give_back(payload):
    return payload
