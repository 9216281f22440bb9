"""The app's Celery with one more task: the floor of everything that a worker is woken for."""

from clienteling.celery import app

app.conf.update(result_backend=app.conf.broker_url)


@app.task(name="benchmarks.nothing", ignore_result=False)
def nothing() -> None:
    """There and back."""
