"""An asynchronous generator and the comprehension that drains it."""


async def doubles(limit):
    for number in range(limit):
        yield number + number


async def collected(limit):
    return [double - 1 async for double in doubles(limit)]
