"""Open formats that a stored variable can be exported to, one module each.

A codec is a class without arguments, registered under the entry point `nb2pipe.codecs` by the name that people type:

* `suffix`: what the files are called, such as `.parquet`;
* `write(value, file)`: write a value to a binary file; any exception means that the format cannot hold it;
* `read(file)`: return what such a file holds;
* `difference(value, again)`: return where two values differ, in words; an empty text if they do nowhere.

The modules run in the Python that ran the notebook, where nb2pipe need not be installed: they import nothing but the
standard library and each other, Python 3.9 or later, and what they need to write inside their functions.
"""
