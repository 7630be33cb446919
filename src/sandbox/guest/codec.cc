#include <cstdint>
#include <cstring>
#include <string>

#include "sandbox/guest/guest.h"

namespace rlar::guest {
namespace {

constexpr int kMaxDepth = 200;
constexpr std::size_t kMaxBytes = 64u << 20;

// One letter per type; containers carry a count, strings a length, both 32 bits little-endian.
enum Tag : char {
  kNone = 'N',
  kTrue = 'T',
  kFalse = 'F',
  kInt = 'i',
  kBigInt = 'I',
  kFloat = 'f',
  kComplex = 'c',
  kStr = 's',
  kBytes = 'b',
  kByteArray = 'B',
  kList = 'l',
  kTuple = 't',
  kSet = 'S',
  kFrozenSet = 'Z',
  kDict = 'd',
  kOther = 'X',
};

PyObject* Fail(const char* what) {
  PyErr_SetString(PyExc_ValueError, what);
  return nullptr;
}

class Encoder {
 public:
  explicit Encoder(PyObject* fallback) : fallback_(fallback) {}
  // False with a Python error set.
  bool Put(PyObject* value, int depth) {
    if (depth > kMaxDepth) return Fail("data nested too deeply") != nullptr;
    if (out_.size() > kMaxBytes) return Fail("data too large") != nullptr;
    PyTypeObject* type = Py_TYPE(value);
    if (value == Py_None) return Byte(kNone);
    if (value == Py_True) return Byte(kTrue);
    if (value == Py_False) return Byte(kFalse);
    if (type == &PyLong_Type) return PutInt(value);
    if (type == &PyFloat_Type) return Byte(kFloat) && Raw(PyFloat_AsDouble(value));
    if (type == &PyUnicode_Type) return PutStr(value);
    if (type == &PyList_Type) return PutSequence(kList, value, PyList_Size(value), &PyList_GetItem, depth);
    if (type == &PyTuple_Type) return PutSequence(kTuple, value, PyTuple_Size(value), &PyTuple_GetItem, depth);
    if (type == &PyDict_Type) return PutDict(value, depth);
    if (type == &PySet_Type) return PutSet(kSet, value, depth);
    if (type == &PyFrozenSet_Type) return PutSet(kFrozenSet, value, depth);
    if (type == &PyBytes_Type) return PutText(kBytes, PyBytes_AsString(value), PyBytes_Size(value));
    if (type == &PyByteArray_Type) return PutText(kByteArray, PyByteArray_AsString(value), PyByteArray_Size(value));
    if (type == &PyComplex_Type) {
      return Byte(kComplex) && Raw(PyComplex_RealAsDouble(value)) && Raw(PyComplex_ImagAsDouble(value));
    }
    return PutOther(value, depth);
  }
  const std::string& out() const { return out_; }

 private:
  bool Byte(char c) {
    out_.push_back(c);
    return true;
  }
  template <class T>
  bool Raw(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return true;
  }
  bool PutText(char tag, const char* data, Py_ssize_t size) {
    if (static_cast<std::size_t>(size) > kMaxBytes) return Fail("data too large") != nullptr;
    Byte(tag);
    Raw(static_cast<std::uint32_t>(size));
    out_.append(data, static_cast<std::size_t>(size));
    return true;
  }
  bool PutInt(PyObject* value) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow == 0) return Byte(kInt) && Raw(static_cast<std::int64_t>(small));
    // Base 16 is linear in the length, base 10 is not.
    PyObject* hex = PyNumber_ToBase(value, 16);
    if (hex == nullptr) return false;
    PyObject* bytes = PyUnicode_AsUTF8String(hex);
    Py_DECREF(hex);
    if (bytes == nullptr) return false;
    const bool done = PutText(kBigInt, PyBytes_AsString(bytes), PyBytes_Size(bytes));
    Py_DECREF(bytes);
    return done;
  }
  bool PutStr(PyObject* value) {
    PyObject* bytes = PyUnicode_AsEncodedString(value, "utf-8", "surrogatepass");
    if (bytes == nullptr) return false;
    const bool done = PutText(kStr, PyBytes_AsString(bytes), PyBytes_Size(bytes));
    Py_DECREF(bytes);
    return done;
  }
  bool PutSequence(char tag, PyObject* value, Py_ssize_t size, PyObject* (*get)(PyObject*, Py_ssize_t), int depth) {
    Byte(tag);
    Raw(static_cast<std::uint32_t>(size));
    for (Py_ssize_t i = 0; i < size; ++i) {
      PyObject* item = get(value, i);  // fallback may change the list: ask anew
      if (item == nullptr) return false;
      Py_INCREF(item);
      const bool done = Put(item, depth + 1);
      Py_DECREF(item);
      if (!done) return false;
    }
    return true;
  }
  bool PutDict(PyObject* value, int depth) {
    PyObject* items = PyDict_Items(value);
    if (items == nullptr) return false;
    const Py_ssize_t size = PyList_Size(items);
    Byte(kDict);
    Raw(static_cast<std::uint32_t>(size));
    bool done = true;
    for (Py_ssize_t i = 0; done && i < size; ++i) {
      PyObject* pair = PyList_GetItem(items, i);
      done = Put(PyTuple_GetItem(pair, 0), depth + 1) && Put(PyTuple_GetItem(pair, 1), depth + 1);
    }
    Py_DECREF(items);
    return done;
  }
  bool PutSet(char tag, PyObject* value, int depth) {
    PyObject* items = PySequence_List(value);
    if (items == nullptr) return false;
    const bool done = PutSequence(tag, items, PyList_Size(items), &PyList_GetItem, depth);
    Py_DECREF(items);
    return done;
  }
  bool PutOther(PyObject* value, int depth) {
    PyObject* other = PyObject_CallFunctionObjArgs(fallback_, value, nullptr);
    if (other == nullptr) return false;
    Byte(kOther);
    const bool done = Put(other, depth + 1);
    Py_DECREF(other);
    return done;
  }

  PyObject* fallback_;
  std::string out_;
};

class Decoder {
 public:
  Decoder(const char* data, std::size_t size, PyObject* revive) : at_(data), end_(data + size), revive_(revive) {}
  bool at_end() const { return at_ == end_; }

  // A new reference, or nullptr with a Python error set.
  PyObject* Get(int depth) {
    if (depth > 2 * kMaxDepth) return Fail("data nested too deeply");
    if (at_ == end_) return Fail("data cut short");
    switch (*at_++) {
      case kNone: Py_RETURN_NONE;
      case kTrue: Py_RETURN_TRUE;
      case kFalse: Py_RETURN_FALSE;
      case kInt: {
        std::int64_t value;
        return Raw(value) ? PyLong_FromLongLong(value) : nullptr;
      }
      case kFloat: {
        double value;
        return Raw(value) ? PyFloat_FromDouble(value) : nullptr;
      }
      case kComplex: {
        double real, imaginary;
        return Raw(real) && Raw(imaginary) ? PyComplex_FromDoubles(real, imaginary) : nullptr;
      }
      case kBigInt: return GetBigInt();
      case kStr: {
        std::size_t size;
        const char* text = Text(size);
        return text ? PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(size), "surrogatepass") : nullptr;
      }
      case kBytes: {
        std::size_t size;
        const char* text = Text(size);
        return text ? PyBytes_FromStringAndSize(text, static_cast<Py_ssize_t>(size)) : nullptr;
      }
      case kByteArray: {
        std::size_t size;
        const char* text = Text(size);
        return text ? PyByteArray_FromStringAndSize(text, static_cast<Py_ssize_t>(size)) : nullptr;
      }
      case kList: return GetList(depth);
      case kTuple: return Convert(GetList(depth), &PyList_AsTuple);
      case kSet: return Convert(GetList(depth), &PySet_New);
      case kFrozenSet: return Convert(GetList(depth), &PyFrozenSet_New);
      case kDict: return GetDict(depth);
      case kOther: return GetOther(depth);
      default: return Fail("unknown tag");
    }
  }

 private:
  template <class T>
  bool Raw(T& value) {
    if (static_cast<std::size_t>(end_ - at_) < sizeof value) return Fail("data cut short") != nullptr;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return true;
  }
  const char* Text(std::size_t& size) {
    std::uint32_t length;
    if (!Raw(length)) return nullptr;
    if (length > static_cast<std::size_t>(end_ - at_)) {
      Fail("data cut short");
      return nullptr;
    }
    size = length;
    at_ += length;
    return at_ - length;
  }
  // Every item takes at least one byte, so a count beyond what is left is a lie: nothing is allocated for it.
  bool Count(std::uint32_t& count) {
    if (!Raw(count)) return false;
    if (count > static_cast<std::size_t>(end_ - at_)) return Fail("data cut short") != nullptr;
    return true;
  }
  PyObject* GetBigInt() {
    std::size_t size;
    const char* text = Text(size);
    if (text == nullptr) return nullptr;
    const std::string hex(text, size);
    return PyLong_FromString(hex.c_str(), nullptr, 16);
  }
  static PyObject* Convert(PyObject* list, PyObject* (*make)(PyObject*)) {
    if (list == nullptr) return nullptr;
    PyObject* made = make(list);
    Py_DECREF(list);
    return made;
  }
  PyObject* GetList(int depth) {
    std::uint32_t count;
    if (!Count(count)) return nullptr;
    PyObject* list = PyList_New(count);
    for (std::uint32_t i = 0; list != nullptr && i < count; ++i) {
      PyObject* item = Get(depth + 1);
      if (item == nullptr) {
        Py_DECREF(list);
        return nullptr;
      }
      PyList_SetItem(list, i, item);
    }
    return list;
  }
  PyObject* GetDict(int depth) {
    std::uint32_t count;
    if (!Count(count)) return nullptr;
    PyObject* dict = PyDict_New();
    for (std::uint32_t i = 0; dict != nullptr && i < count; ++i) {
      PyObject* key = Get(depth + 1);
      PyObject* value = key ? Get(depth + 1) : nullptr;
      const bool done = value != nullptr && PyDict_SetItem(dict, key, value) == 0;
      Py_XDECREF(key);
      Py_XDECREF(value);
      if (!done) {
        Py_DECREF(dict);
        return nullptr;
      }
    }
    return dict;
  }
  PyObject* GetOther(int depth) {
    PyObject* value = Get(depth + 1);
    if (value == nullptr) return nullptr;
    PyObject* revived = PyObject_CallFunctionObjArgs(revive_, value, nullptr);
    Py_DECREF(value);
    return revived;
  }

  const char *at_, *end_;
  PyObject* revive_;
};

}  // namespace

PyObject* Encode(PyObject*, PyObject* args) {
  PyObject *value, *fallback;
  if (!PyArg_ParseTuple(args, "OO", &value, &fallback)) return nullptr;
  Encoder encoder(fallback);
  if (!encoder.Put(value, 0)) return nullptr;
  return PyBytes_FromStringAndSize(encoder.out().data(), static_cast<Py_ssize_t>(encoder.out().size()));
}

PyObject* Decode(PyObject*, PyObject* args) {
  const char* data;
  Py_ssize_t size;
  PyObject* revive;
  if (!PyArg_ParseTuple(args, "y#O", &data, &size, &revive)) return nullptr;
  Decoder decoder(data, static_cast<std::size_t>(size), revive);
  PyObject* value = decoder.Get(0);
  if (value != nullptr && !decoder.at_end()) {
    Py_DECREF(value);
    return Fail("data left over");
  }
  return value;
}

}  // namespace rlar::guest
