// The Python surface of the guest extension.
#include <cerrno>
#include <cstring>

#include "sandbox/guest/guest.h"

namespace rlar::guest {
namespace {

long steps_left = 0;

PyObject* SetFailAt(PyObject*, PyObject* args) {
  long n;
  if (!PyArg_ParseTuple(args, "l", &n)) return nullptr;
  FailAt(n);
  Py_RETURN_NONE;
}

// True where a step may go on; Python code asks before steps of its own (writing id maps, making cgroups).
PyObject* Step(PyObject*, PyObject*) {
  if (!StepAllowed()) return SystemError("injected fault");
  Py_RETURN_NONE;
}

PyMethodDef kMethods[] = {
    {"encode", &Encode, METH_VARARGS, nullptr},
    {"decode", &Decode, METH_VARARGS, nullptr},
    {"make_cell", &MakeCell, METH_VARARGS, nullptr},
    {"close_cell", &CloseCell, METH_NOARGS, nullptr},
    {"enter_pid_ns", &EnterPidNs, METH_VARARGS, nullptr},
    {"count_pids", &CountPids, METH_NOARGS, nullptr},
    {"wall_in", &WallIn, METH_VARARGS, nullptr},
    {"seal", &Seal, METH_VARARGS, nullptr},
    {"fail_at", &SetFailAt, METH_VARARGS, nullptr},
    {"step", &Step, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef kModule = {PyModuleDef_HEAD_INIT, "_rlar_guest", nullptr, -1, kMethods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

void FailAt(long n) { steps_left = n; }

bool StepAllowed() {
  if (steps_left > 0 && --steps_left == 0) {
    errno = EIO;
    return false;
  }
  return true;
}

PyObject* SystemError(const char* what) {
  PyObject* args = Py_BuildValue("(is)", errno, what);
  if (args != nullptr) {
    PyErr_SetObject(PyExc_OSError, args);
    Py_DECREF(args);
  }
  return nullptr;
}

}  // namespace rlar::guest

PyMODINIT_FUNC PyInit__rlar_guest() {
  PyObject* module = PyModule_Create(&rlar::guest::kModule);
  if (module != nullptr && PyModule_AddFunctions(module, rlar::guest::kSystemMethods) != 0) {
    Py_DECREF(module);
    return nullptr;
  }
  return module;
}
