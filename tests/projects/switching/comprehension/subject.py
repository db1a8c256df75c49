"""Comprehensions and a generator expression: code objects of their own, inlined from 3.12 on."""


def doubled(numbers):
    return [number * 2 for number in numbers if number > 0]


def largest(numbers):
    return max(number + 1 for number in numbers)


def lengths(words):
    return {word: len(word) - 1 for word in words}
