# The process's own input and output become the channel, and the program gets neither.
import os


def take_channel():
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    return incoming, outgoing


def send(descriptor, line):
    data = line.encode("ascii") + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]
