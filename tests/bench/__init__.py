"""`make bench`: how fast Tidegate is, beside what it stands on and beside what others do, in one run on one machine.

Everything that answers is a process of its own and takes its turn in each round, so that a slow moment of the machine
meets all of them. What counts are the ratios; the milliseconds belong to the machine.

floor      the `anthropic` package straight to the scripted model API
wire       the same, with the bare client that also measures Tidegate
query      the Agent SDK's `query()` per request: one CLI process each, as other proxies do
bare       one CLI process, driven by hand: what Tidegate's agent engine stands on
agent      Tidegate with its agent engine: cold, spare, same (system prompt), live (conversation)
direct     Tidegate with its direct engine
"""
