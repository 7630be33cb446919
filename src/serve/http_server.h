// HTTP/1.1 server: connections in, one handler call a request on a bounded pool of workers. Knows nothing of rewards.
//
// A client that closes its connection (or its sending half) while the slow lane works for it has cancelled its request.
//
// Every wait ends: a request must arrive whole within `receive_limit` of its first byte, a reply must be taken within
// `send_limit`, an idle connection is closed after `idle_limit`. A full queue answers 429 with Retry-After, a body over the
// limit 413, a head over 64 KiB 431, malformed input 400; then the connection closes.
#pragma once

#include <any>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "rlar/result.h"

namespace rlar {

struct HttpRequest {
  std::string method;
  std::string path;  // without the query string
  std::string query;
  std::string authorization, accept;  // the headers as received
  std::string body;
  std::chrono::steady_clock::time_point arrived;
  // On the fast lane a handler must not wait for anything outside this process: it sets `deferred` instead and returns early, and is
  // called again with the same request on the slow lane. `progress` is the handler's own: what was done is not done twice.
  bool fast_lane = false;
  mutable bool deferred = false;
  mutable std::any progress;
  // Becomes true where the client went away while the slow lane worked for it; never null on a request of the server's.
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  // Where `accept` asks for NDJSON: sends lines before the handler returns, from any thread; on the slow lane it waits while the client reads slowly; false
  // once it is gone. What the handler returns after a first call is not sent.
  std::function<bool(std::string)> emit;
};

inline constexpr std::string_view kNdjson = "application/x-ndjson";

struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
};

struct HttpOptions {
  std::string host = "127.0.0.1";
  unsigned short port = 0;   // 0 picks a free one
  std::size_t workers = 64;  // of the slow lane: they wait
  std::size_t fast_workers = 2;
  std::size_t queue = 1024;  // of each lane
  std::size_t max_body_bytes = 64u << 20;
  std::size_t max_connections = 4096;
  std::chrono::seconds idle_limit{120}, receive_limit{30}, send_limit{30};
};

// Called on worker threads, several at once.
using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

class HttpServer {
 public:
  // Binds at once; an address in use is an error.
  static Result<std::unique_ptr<HttpServer>> Listen(const HttpOptions& options, HttpHandler handler, Metrics& metrics);
  ~HttpServer();
  unsigned short port() const;
  // Serves until Stop; then finishes the requests that have arrived, for at most `drain_limit`, and returns.
  void Run(std::chrono::seconds drain_limit);
  // From any thread, also from a signal handler's thread.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// {"error": {"code": …, "message": …}} with that status.
HttpReply ErrorReply(int status, const std::string& message);

}  // namespace rlar
