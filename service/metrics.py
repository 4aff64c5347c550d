"""What is counted, for /metrics; each name is explained in docs/metrics.md."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters of one process; serves as the `Watch` of ledger, reception and delivery."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._turns = Counter("hiwar_turns_total", "Messages handled", ["channel", "result"], registry=self.registry)
        self._turn_seconds = Histogram(
            "hiwar_turn_seconds", "From a message's arrival to its commit", buckets=_SECONDS, registry=self.registry
        )
        self._understanding = Histogram("hiwar_understanding_seconds", "Understanding one text", buckets=_SECONDS, registry=self.registry)
        self._deliveries = Counter("hiwar_deliveries_total", "Letters by outcome", ["channel", "outcome"], registry=self.registry)
        self._delivery_seconds = Histogram(
            "hiwar_delivery_seconds", "From the first call to the vendor's answer", buckets=_SECONDS, registry=self.registry
        )
        self._hooks = Counter("hiwar_hook_deliveries_total", "What hooks were told, by outcome", ["outcome"], registry=self.registry)
        self._batch = Histogram("hiwar_ledger_batch", "Pieces of work a commit", buckets=(1, 2, 4, 8, 16, 32, 64), registry=self.registry)
        self._wait = Histogram(
            "hiwar_ledger_wait_seconds", "Longest wait for the writer in a batch", buckets=_SECONDS, registry=self.registry
        )
        self._refused = Counter("hiwar_refused_requests_total", "Requests to hooks refused", ["reason"], registry=self.registry)
        self.queue_age = Gauge("hiwar_queue_age_seconds", "Age of the oldest waiting letter", ["lane"], registry=self.registry)
        self._known: dict[tuple[str, str], Counter] = {}

    def turned(self, channel: str, result: str, seconds: float) -> None:
        self._labelled(self._turns, channel, result).inc()
        self._turn_seconds.observe(seconds)

    def understood(self, seconds: float) -> None:
        self._understanding.observe(seconds)

    def delivered(self, channel: str, outcome: str, seconds: float) -> None:
        self._deliveries.labels(channel, outcome).inc()
        self._delivery_seconds.observe(seconds)

    def hook_told(self, outcome: str) -> None:
        """A try to tell a hook something: "sent", "again", "failed"."""
        self._hooks.labels(outcome).inc()

    def committed(self, pieces: int, waited: float, seconds: float) -> None:
        self._batch.observe(pieces)
        self._wait.observe(waited)

    def refused(self, reason: str) -> None:
        """A request to a hook that was not let in: "signature", "verify", "secret", "size", "unreadable"."""
        self._refused.labels(reason).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)

    def _labelled(self, counter: Counter, *labels: str) -> Counter:
        """`labels()` costs as much as counting; the few there are, are remembered."""
        key = (labels[0], labels[1])
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = counter.labels(*labels)
        return known
