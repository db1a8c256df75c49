"""Coroutines that wait for each other."""


async def fetch(number):
    return number * 3


async def both(left, right):
    return await fetch(left) + await fetch(right)
