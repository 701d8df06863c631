"""The engine for people signed in to Claude Code on this machine, and for the cloud providers it supports.

engine      takes a turn, leases a process, gives back events        (implements app.proxy.engines.Engine)
planning    what a turn is for a process: history, settings, tools
pool        which processes live, who may have one, when they end
waiting     whether a turn waits for a busy process, and who gets it then
process     one CLI process from start to end: bind, control, send, receive, kill
transport   its pipes: the Agent SDK's Transport, with everything but control messages tapped off
command     its command line, environment and folder: what makes it pure and safe
history     a turn's messages as frames, and which of them a process already holds
parameters  what is set anew for each request
tools       the chat app's tools, offered to the CLI as an MCP server that never runs them
translate   the CLI's messages as neutral events
faults      what went wrong, in the words of the error catalogue
account     who is signed in, which models there are, how much of the plan is used
"""
