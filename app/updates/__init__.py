"""Word of newer versions: asked for once a day at most, only if a person wants it, believed only when it is signed.

    identity.py  whose word counts: the key built in, and where the feed is
    release.py   a feed's bytes → a Release, or the reason why not; pure
    feed.py      the one request
    updates.py   when to ask, what to tell, what not to tell again

Tidegate installs nothing by itself: it shows what is new and opens the page to download it from.
"""
