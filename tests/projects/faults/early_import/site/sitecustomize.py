"""A start-up hook imports the project before anything can be measured."""

import lib.arithmetic
