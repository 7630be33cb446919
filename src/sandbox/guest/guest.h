// The C++ half of the interpreter that runs untrusted code: a CPython extension (stable ABI) without a file of its own on disk.
// module.cc is its Python surface; cell.cc enters and leaves the per-run namespaces; codec.cc carries plain data between guest
// and harness. Nothing here trusts what a guest sends.
#pragma once

#define Py_LIMITED_API 0x03080000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cstddef>

namespace rlar::guest {

// Fault tests make the N-th step fail: every system call that sets something up asks here first. Returns false (errno EIO) at
// the N-th call after FailAt(N); 0 turns it off.
void FailAt(long n);
bool StepAllowed();

// codec.cc: None, bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset and dict, exactly these types.
// encode(obj, fallback, base): anything else is replaced by fallback(obj), tagged as `base`'s. Too deep or too large: ValueError.
PyObject* Encode(PyObject* self, PyObject* args);
// decode(data, revive): the inverse; a tagged value becomes revive(value). Raises ValueError on anything malformed; work and
// memory are bounded by the length of `data`.
PyObject* Decode(PyObject* self, PyObject* args);

// cell.cc
PyObject* MakeCell(PyObject* self, PyObject* args);    // make_cell(tmp_bytes) -> pidfd
PyObject* CloseCell(PyObject* self, PyObject* args);   // close_cell()
PyObject* EnterPidNs(PyObject* self, PyObject* args);  // enter_pid_ns(pidfd)
PyObject* CountPids(PyObject* self, PyObject* args);   // count_pids() -> tasks ever made in the entered pid namespace
PyObject* WallIn(PyObject* self, PyObject* args);      // wall_in(cell, folder, ruleset, descriptor to keep)
PyObject* Seal(PyObject* self, PyObject* args);        // seal(limits, filter, descriptors that become 0, 1, 2, …)

// system.cc: what Python's os lacks.
extern PyMethodDef kSystemMethods[];

// Sets OSError from errno with `what` in its message; returns nullptr.
PyObject* SystemError(const char* what);

}  // namespace rlar::guest
