"""Reports of a booking system as flat tables: the twelve that Domo's Booker connector has (booker-connector-domo.txt).

`registry` lists them. Each streams its rows page by page (`source`), to the screen or into a file (`files`); `running`
has a worker do it.
"""
