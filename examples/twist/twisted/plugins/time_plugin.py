"""Announces the service; found by ``twist`` because of where this file is."""

from twisted.application.service import ServiceMaker

time_service = ServiceMaker(
    "heartbeat-time",
    "time_service",
    "Tells subscribers the time.",
    "heartbeat-time",
)
