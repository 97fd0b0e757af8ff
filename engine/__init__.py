"""Runs tasks: facts, decisions, ledger, timers, runner, store."""
