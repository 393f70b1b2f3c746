"""The networks and their training. Only this package imports torch; nothing that serves or samples imports this
package.
"""
