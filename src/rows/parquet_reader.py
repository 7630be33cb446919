"""Writes the rows of a Parquet file as JSON Lines to standard output, batch by batch, for the parent process."""

import datetime
import decimal
import json
import math
import sys


def plain(value):
    """A value JSON can hold: NaN and infinities become null, bytes text, dates ISO text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal)):
        return str(value)
    if isinstance(value, dict):
        # A struct column holds every key any row has; a null there means the row has no such key.
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def main():
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        print(
            json.dumps(
                {
                    "error": "reading Parquet needs the Python package pyarrow (pip install pyarrow); "
                    "RLAR_PYTHON names the interpreter that has it"
                }
            )
        )
        return
    try:
        file = parquet.ParquetFile(sys.argv[1])
    except Exception as error:
        print(json.dumps({"error": f"cannot read it as Parquet: {error}"}))
        return
    print(json.dumps({"rows": file.metadata.num_rows}))
    for batch in file.iter_batches(batch_size=64):
        for row in batch.to_pylist():
            sys.stdout.write(json.dumps(plain(row), ensure_ascii=False) + "\n")
    sys.stdout.flush()


main()
