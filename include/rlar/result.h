// Result<T>: a value, or an Error that says what could not be done and why.
//
// Every fallible function of RLAR that is not about one response returns a Result; what is said about one response is a
// Score (score.h). No exception crosses a folder's edge. Names follow std::expected, so that it can become an alias.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace rlar {

enum class ErrorCode {
  kInvalidArgument,  // the caller's input is wrong: option, parameter, file content
  kNotFound,         // a named thing does not exist
  kAlreadyExists,    // a name is taken, or defined twice
  kUnreadable,       // a file or stream cannot be read or written
  kUnavailable,      // something outside (a backend, a program, a kernel feature) is not there
  kTimeout,          // a deadline passed
  kOverloaded,       // a bounded resource is used up
  kCorrupt,          // stored data does not match its hash or its format
  kVersion,          // a format is newer than this program understands
  kInternal,         // ours: please report
};

// Lower-case name of a code, e.g. "invalid_argument".
const char* Name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;                 // one sentence: what was wrong and, where it helps, what to do
  std::shared_ptr<const Error> cause;  // the lower layer's error, if any

  // "message: cause's message: …", on one line.
  std::string ToString() const;
};

inline Error MakeError(ErrorCode code, std::string message) { return Error{code, std::move(message), nullptr}; }
inline Error MakeError(ErrorCode code, std::string message, Error cause) {
  return Error{code, std::move(message), std::make_shared<const Error>(std::move(cause))};
}

// Terminates with a message when a programmer's assumption is broken; no input may reach a failing check.
#define RLAR_CHECK(condition)                                                                 \
  do {                                                                                        \
    if (!(condition)) {                                                                       \
      std::fprintf(stderr, "%s:%d: RLAR_CHECK(%s) failed\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                           \
    }                                                                                         \
  } while (false)

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  // Precondition: has_value().
  T& value() & {
    RLAR_CHECK(has_value());
    return std::get<0>(state_);
  }
  const T& value() const& {
    RLAR_CHECK(has_value());
    return std::get<0>(state_);
  }
  T&& value() && {
    RLAR_CHECK(has_value());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // Precondition: !has_value().
  const Error& error() const {
    RLAR_CHECK(!has_value());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_shared<const Error>(std::move(error))) {}  // NOLINT
  bool has_value() const { return error_ == nullptr; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const {
    RLAR_CHECK(error_ != nullptr);
    return *error_;
  }

 private:
  std::shared_ptr<const Error> error_;
};

#define RLAR_TRY(expression)                                              \
  do {                                                                    \
    if (auto rlar_try = (expression); !rlar_try) return rlar_try.error(); \
  } while (false)

}  // namespace rlar
