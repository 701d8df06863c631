"""Commands for the running program and about this computer: thin, because what they do is done elsewhere.

running    asks the running program, over its control address
words      puts its answers into words, or into JSON
doctor     looks for everything that goes wrong for people
"""
