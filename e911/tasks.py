"""Background tasks for emergency addresses. Running one twice has the same effect as once."""

from __future__ import annotations

import asyncio
import logging
import random

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from e911 import records
from e911.models import EmergencyAddress
from e911.providers import Misconfigured, Unavailable
from users import outages

logger = logging.getLogger(__name__)
MOST_TRIES = 100
LONGEST_PAUSE = 600
# Seconds without a heartbeat after which a worker counts as dead; it sends one every 3 (settings).
SILENCE = 10


class RetryTemporaryFailures(BaseRetryStrategy):
    """Retry, with growing pauses, only what may succeed later.

    That is: the provider doesn't answer or asks us to wait, or the database is unavailable.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        passes = isinstance(exception, Unavailable) or outages.find_outage(exception)
        if not passes or job.attempts >= MOST_TRIES:
            return None
        pause = min(2 ** min(job.attempts, 10) * 2, LONGEST_PAUSE) * random.uniform(0.8, 1.2)
        return RetryDecision(
            retry_in={"seconds": int(max(pause, getattr(exception, "retry_after", None) or 0)) or 1}
        )


def retrying_task(name: str):
    return app.task(name=name, retry=RetryTemporaryFailures())


@retrying_task("e911.register")
def register_address(account_id: int, address_id: int) -> None:
    """Register a pending version with the provider."""
    _told(records.register_address, account_id=account_id, address_id=address_id)


@retrying_task("e911.withdraw")
def withdraw_address(account_id: int, address_id: int) -> None:
    """Withdraw a version that is no longer in force from the provider."""
    _told(records.withdraw_address, account_id=account_id, address_id=address_id)


@retrying_task("e911.tell_caller")
def notify_provider_of_caller(account_id: int, user_id: int = 0, phone_id: int = 0) -> None:
    """Notify the provider of the current caller on a user's phone, or on a common-area phone."""
    _told(
        records.notify_provider_of_caller,
        account_id=account_id,
        user_id=user_id,
        phone_id=phone_id,
    )


@app.periodic(cron="*/10 * * * *")
@app.task(name="e911.reopen_unregistered", queueing_lock="e911.reopen_unregistered")
def reopen_unregistered(timestamp: int) -> None:
    """Set common-area phones' addresses that the provider doesn't know back to pending."""
    _told(records.reopen_unregistered)


@app.periodic(cron="* * * * * */5")  # every five seconds
@app.task(name="e911.resume", pass_context=True, queueing_lock="e911.resume")
async def resume_jobs(context: JobContext, timestamp: int) -> None:
    """Retry the jobs of a dead worker, and jobs whose end this worker couldn't record."""
    manager = context.app.job_manager
    for job in [
        *await manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE),
        *await _unheard(context),
    ]:
        await manager.retry_job(job)


async def _unheard(context: JobContext) -> list[Job]:
    """Return the jobs that the database assigns to this worker but that it isn't running.

    If the connection breaks while procrastinate records a job's end, the job stays "doing". The
    worker's heartbeat keeps it alive, and its lock blocks later jobs of its kind.
    """
    at_work = _at_work()
    mine = await context.app.job_manager.list_jobs_async(
        status="doing", worker_id=context.job.worker_id
    )
    at_work |= _at_work()  # a job may end or begin during the query
    return [job for job in mine if f"process job {job.task_name}[{job.id}]" not in at_work]


def _at_work() -> set[str]:
    """Return the names of this worker's running tasks; procrastinate names each after its job."""
    return {task.get_name() for task in asyncio.all_tasks()}


def _told(work, **arguments: int) -> None:
    """Do the work; log what only the operator can fix instead of retrying it."""
    try:
        work(**arguments)
    except Misconfigured as error:
        logger.error("The E911 provider refuses our requests: %s", error)
    except EmergencyAddress.DoesNotExist:
        logger.warning("No emergency address %s", arguments)
