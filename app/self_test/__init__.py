"""`tidegate --self-test`: starts this very program, lets it answer, and says what works. Mostly for packaged programs.

    report.py    the steps in order, and the table they make
    program.py   this program as a child with an environment made from nothing
    service.py   the model's service, played in this process
    answers.py   what an app sees of the running program
    parts.py     what a package may lack: pages, keyring, tray, autostart, the verifier of updates

Nothing of this reaches the network beyond this computer, a person's account, settings or keyring.
"""
