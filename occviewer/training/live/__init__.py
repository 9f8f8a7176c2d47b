"""Pictures that are drawn while a network learns from them, no two alike.

Stored renders are soon known by heart. These are drawn with torch where the network is trained,
of shapes that are warped each time. On a processor that takes longer than the learning itself.
"""
