#include "serve/http_server.h"

#include <sys/socket.h>

#include <boost/asio.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>

#include "base/short_slice.h"
#include "base/work_queue.h"
#include "rlar/json.h"

namespace rlar {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::ip::tcp, Executor>;
using Acceptor = net::basic_socket_acceptor<net::ip::tcp, Executor>;
template <class T>
using Awaitable = net::awaitable<T, Executor>;
constexpr net::use_awaitable_t<Executor> kUseAwaitable{};
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxHeadBytes = 64u << 10;
constexpr std::size_t kLingerBytes = 64u << 20;
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kMaxUnsent = 1u << 20;         // of a streamed answer
constexpr std::chrono::microseconds kPatience{150};  // for what a single cheap request waits for; to wake a thread takes about 30

const char* ReasonPhrase(int status) {
  const auto text = http::obsolete_reason(static_cast<http::status>(status));
  return text.empty() ? "Status" : text.data();
}

}  // namespace

HttpReply ErrorReply(int status, const std::string& message) {
  Json error, body;
  error.Set("code", status);
  error.Set("message", message);
  body.Set("error", std::move(error));
  return {status, body.Dump(), "application/json"};
}

class HttpServer::Impl {
 public:
  Impl(const HttpOptions& options, HttpHandler handler, Metrics& metrics)
      : options_(options),
        handler_(std::move(handler)),
        metrics_(metrics),
        slow_(options.workers, options.queue),
        fast_(options.fast_workers, options.queue, TakeShortSlices, kPatience) {}

  Result<void> Bind() {
    boost::system::error_code code;
    net::ip::tcp::resolver resolver(io_);
    const auto found = resolver.resolve(options_.host, std::to_string(options_.port), net::ip::resolver_base::passive, code);
    if (code || found.empty()) return MakeError(ErrorCode::kInvalidArgument, "cannot listen on '" + options_.host + "': " + code.message());
    const net::ip::tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), code);
    if (!code) acceptor_.set_option(net::socket_base::reuse_address(true), code);
    if (!code) acceptor_.bind(endpoint, code);
    if (!code) acceptor_.listen(net::socket_base::max_listen_connections, code);
    if (code) {
      return MakeError(ErrorCode::kUnavailable, "cannot listen on " + options_.host + ":" + std::to_string(options_.port) + ": " + code.message());
    }
    return {};
  }

  unsigned short port() const { return acceptor_.local_endpoint().port(); }

  void Run(std::chrono::seconds drain_limit) {
    drain_limit_ = drain_limit;
    TakeShortSlices();
    net::co_spawn(io_.get_executor(), Accept(), net::detached);
    net::co_spawn(io_.get_executor(), Sweep(), net::detached);
    while (!io_.stopped()) {
      std::size_t done = 0;
      if (cheap_ == 1) LookFor(kPatience, [&] { return (done = io_.poll()) > 0; });
      if (done == 0) io_.run_one();
    }
  }

  void Stop() {
    net::post(io_, [this] {
      if (draining_) return;
      draining_ = true;
      drain_until_ = Clock::now() + drain_limit_;
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      sweep_timer_.cancel();
      for (Session* session : sessions_) {
        if (!session->in_request) session->Close();
      }
    });
  }

 private:
  // One connection. Lives in its coroutine's frame; everything here runs on the one I/O thread.
  struct Session {
    Session(Impl& impl, Socket s) : server(impl), socket(std::move(s)) { at = server.sessions_.insert(server.sessions_.end(), this); }
    ~Session() { server.sessions_.erase(at); }
    void Close() {
      boost::system::error_code ignored;
      socket.close(ignored);
    }
    Impl& server;
    Socket socket;
    std::list<Session*>::iterator at;
    Clock::time_point expires = Clock::time_point::max();
    bool in_request = false;  // a request has begun to arrive and is not yet answered
    std::string in = std::string(16384, '\0');
    std::size_t begin = 0, end = 0;
    std::string out;
  };

  Awaitable<void> Accept() {
    for (;;) {
      boost::system::error_code code;
      Socket socket = co_await acceptor_.async_accept(net::redirect_error(kUseAwaitable, code));
      if (draining_) co_return;
      if (code) {
        // Out of descriptors, most likely: wait a little instead of spinning.
        net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor> pause(io_.get_executor(), std::chrono::milliseconds(20));
        co_await pause.async_wait(net::redirect_error(kUseAwaitable, code));
        continue;
      }
      if (sessions_.size() >= options_.max_connections) continue;  // closes it
      socket.set_option(net::ip::tcp::no_delay(true), code);
      net::co_spawn(io_.get_executor(), Serve(std::move(socket)), net::detached);
    }
  }

  // Closes connections whose time is up; ends the server once it has drained.
  Awaitable<void> Sweep() {
    for (;;) {
      boost::system::error_code ignored;
      sweep_timer_.expires_after(std::chrono::milliseconds(draining_ ? 20 : 500));
      co_await sweep_timer_.async_wait(net::redirect_error(kUseAwaitable, ignored));
      const auto now = Clock::now();
      for (Session* session : sessions_) {
        if (session->expires < now) session->Close();
      }
      metrics_.Set("rlar_open_connections", "", static_cast<double>(sessions_.size()));
      metrics_.Set("rlar_queue_waiting", "", static_cast<double>(fast_.waiting() + slow_.waiting()));
      if (draining_ && (in_flight_ == 0 || now >= drain_until_)) {
        for (Session* session : sessions_) session->Close();
        io_.stop();
        co_return;
      }
    }
  }

  Awaitable<void> Serve(Socket socket) {
    Session session(*this, std::move(socket));
    try {
      while (co_await ServeOne(session)) {
      }
    } catch (const boost::system::system_error&) {
      // The peer went away or its time was up: there is nobody to tell.
    }
    session.Close();
  }

  // Reads one request and answers it; false when the connection is to be closed.
  Awaitable<bool> ServeOne(Session& session) {
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    parser.header_limit(kMaxHeadBytes);
    parser.body_limit(options_.max_body_bytes);
    session.in_request = session.end > session.begin;
    session.expires = Clock::now() + (session.in_request ? options_.receive_limit : options_.idle_limit);
    const int problem = co_await Receive(session, parser);
    if (problem < 0) co_return false;
    session.in_request = true;
    if (problem > 0) {
      // A named value: g++ 12 destroys temporaries of a co_await's arguments twice.
      const HttpReply refusal = Refusal(problem);
      co_await Send(session, refusal, false);
      co_await Linger(session);
      co_return false;
    }
    auto& message = parser.get();
    const bool keep = message.keep_alive() && !draining_;
    session.expires = Clock::time_point::max();  // the worker's own deadline holds now
    auto request = Take(message);
    if (request->accept.find(kNdjson) != std::string::npos && message.version() >= 11) {
      co_await Stream(session, std::move(request), keep);
    } else {
      const HttpReply reply = co_await Submit(session, std::move(request));
      co_await Send(session, reply, keep && !draining_);
    }
    session.in_request = false;
    co_return keep && !draining_;
  }

  HttpReply Refusal(int status) const {
    if (status == 413) {
      return ErrorReply(413, "the body is larger than the limit of " + std::to_string(options_.max_body_bytes) + " bytes");
    }
    return ErrorReply(status, status == 431 ? "the request's head is too large" : "malformed HTTP request");
  }

  // Reads what the peer still sends, for a while: closing over unread bytes would reset the connection and lose the answer.
  Awaitable<void> Linger(Session& session) {
    boost::system::error_code code;
    session.socket.shutdown(net::socket_base::shutdown_send, code);
    session.expires = Clock::now() + kLingerTime;
    for (std::size_t seen = 0; !code && seen < kLingerBytes;) {
      seen += co_await session.socket.async_read_some(net::buffer(session.in), net::redirect_error(kUseAwaitable, code));
    }
  }

  // 0: a whole request is parsed; > 0: the status to refuse with; -1: the connection ended between requests.
  Awaitable<int> Receive(Session& s, http::request_parser<http::string_body>& parser) {
    bool continued = false;
    for (;;) {
      if (s.end > s.begin) {
        boost::system::error_code code;
        const std::size_t used = parser.put(net::const_buffer(s.in.data() + s.begin, s.end - s.begin), code);
        s.begin += used;
        if (code && code != http::error::need_more) {
          co_return code == http::error::body_limit ? 413 : code == http::error::header_limit ? 431 : 400;
        }
        if (parser.is_done()) co_return 0;
        if (used > 0 && code != http::error::need_more && s.end > s.begin) continue;
      }
      if (!continued && parser.is_header_done() && parser.get()[http::field::expect] == "100-continue") {
        continued = true;
        static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await net::async_write(s.socket, net::const_buffer(kContinue, sizeof kContinue - 1), kUseAwaitable);
      }
      MakeRoom(s);
      boost::system::error_code code;
      const std::size_t got =
          co_await s.socket.async_read_some(net::buffer(s.in.data() + s.end, s.in.size() - s.end), net::redirect_error(kUseAwaitable, code));
      if (code) co_return -1;
      if (!s.in_request) {
        s.in_request = true;
        s.expires = Clock::now() + options_.receive_limit;
      }
      s.end += got;
    }
  }

  static void MakeRoom(Session& s) {
    if (s.begin > 0) {
      std::memmove(s.in.data(), s.in.data() + s.begin, s.end - s.begin);
      s.end -= s.begin;
      s.begin = 0;
    }
    // The parser takes body bytes as they come; only an incomplete head stays, and that is limited.
    if (s.end == s.in.size()) s.in.resize(std::min(s.in.size() * 2, 4 * kMaxHeadBytes));
  }

  static std::shared_ptr<HttpRequest> Take(http::request<http::string_body>& message) {
    auto request = std::make_shared<HttpRequest>();
    request->arrived = Clock::now();
    request->method = std::string(message.method_string());
    const std::string_view target(message.target().data(), message.target().size());
    request->path = target.substr(0, target.find('?'));
    if (const auto at = target.find('?'); at != target.npos) request->query = target.substr(at + 1);
    request->authorization = std::string(message[http::field::authorization]);
    request->accept = std::string(message[http::field::accept]);
    request->body = std::move(message.body());
    return request;
  }

  // Runs the handler on a worker and comes back to the I/O thread.
  Awaitable<HttpReply> Submit(Session& session, std::shared_ptr<HttpRequest> request) {
    return net::async_initiate<const net::use_awaitable_t<Executor>, void(HttpReply)>(
        [this, &session](auto completion, std::shared_ptr<HttpRequest> taken) {
          auto done = std::make_shared<decltype(completion)>(std::move(completion));
          Launch(session, std::move(taken), [done](HttpReply reply) { (*done)(std::move(reply)); });
        },
        kUseAwaitable, std::move(request));
  }

  // Has the request handled; `done` is called on the I/O thread, once, and only until then may the session be touched.
  void Launch(Session& session, std::shared_ptr<HttpRequest> request, std::function<void(HttpReply)> done) {
    ++in_flight_, ++cheap_;
    auto open = std::make_shared<bool>(true);
    const auto finish = [this, open, request, done = std::move(done)](HttpReply reply) {
      net::post(io_, [this, open, request, done, reply = std::move(reply)]() mutable {
        --in_flight_;
        if (request->fast_lane) --cheap_;
        *open = false;
        done(std::move(reply));
      });
    };
    const auto full = [] { return ErrorReply(429, "the queue is full: try again in a second"); };
    request->fast_lane = true;
    const bool accepted = fast_.Submit([this, &session, request, finish, full, open] {
      HttpReply reply = handler_(*request);
      if (!request->deferred) return finish(std::move(reply));
      request->fast_lane = request->deferred = false;
      net::post(io_, [this, &session, open, cancelled = request->cancelled] {
        --cheap_;
        if (*open) net::co_spawn(io_.get_executor(), WatchPeer(session, open, cancelled), net::detached);
      });
      if (!slow_.Submit([this, request, finish] { finish(handler_(*request)); })) finish(full());
    });
    if (!accepted) finish(full());
  }

  // Sets `cancelled` if the peer closes while `open`; ends at the first byte of a next request.
  Awaitable<void> WatchPeer(Session& session, std::shared_ptr<bool> open, std::shared_ptr<std::atomic<bool>> cancelled) {
    while (*open) {
      boost::system::error_code code;
      co_await session.socket.async_wait(Socket::wait_read, net::redirect_error(kUseAwaitable, code));
      if (code || !*open) co_return;
      char byte;
      const ssize_t got = ::recv(session.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      if (got > 0) co_return;
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      cancelled->store(true);
      co_return;
    }
  }

  // What a streaming handler has said and the I/O thread has not yet sent.
  struct Lines {
    explicit Lines(const Executor& executor) : wake(executor) {}
    std::mutex mutex;
    std::condition_variable room;
    std::string pending;  // these four guarded by mutex
    bool over = false, gone = false, said = false;
    HttpReply reply;
    net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor> wake;  // of the I/O thread
  };

  Awaitable<void> Stream(Session& session, std::shared_ptr<HttpRequest> request, bool keep) {
    auto lines = std::make_shared<Lines>(io_.get_executor());
    request->emit = [this, lines, asked = request.get()](std::string text) {
      std::unique_lock lock(lines->mutex);
      const auto room = [&] { return asked->fast_lane || lines->gone || lines->pending.size() < kMaxUnsent; };
      if (!lines->room.wait_for(lock, options_.send_limit, room) || lines->gone) return false;
      lines->said = true;
      lines->pending += text;
      lock.unlock();
      net::post(io_, [lines] { lines->wake.cancel(); });
      return true;
    };
    Launch(session, request, [lines](HttpReply reply) {
      const std::lock_guard lock(lines->mutex);
      lines->over = true;
      lines->reply = std::move(reply);
      lines->wake.cancel();
    });
    try {
      co_await SendLines(session, *lines, keep);
    } catch (const boost::system::system_error&) {
      request->cancelled->store(true);
      const std::lock_guard lock(lines->mutex);
      lines->gone = true;
      lines->room.notify_all();
      throw;
    }
  }

  Awaitable<void> SendLines(Session& session, Lines& lines, bool keep) {
    for (bool begun = false;;) {
      bool over = false, said = false;
      std::string& out = session.out;
      out.clear();
      {
        const std::lock_guard lock(lines.mutex);
        std::swap(out, lines.pending);
        over = lines.over;
        said = lines.said;
      }
      lines.room.notify_all();
      if (over && !said) {
        co_await Send(session, lines.reply, keep && !draining_);
        co_return;
      }
      if (!out.empty()) {
        char size[24];
        std::snprintf(size, sizeof size, "%zx\r\n", out.size());
        out.insert(0, size);
        out += "\r\n";
        if (!begun) out.insert(0, StreamHead(keep));
        begun = true;
      }
      if (over) out += "0\r\n\r\n";
      if (!out.empty()) {
        session.expires = Clock::now() + options_.send_limit;
        co_await net::async_write(session.socket, net::buffer(out), kUseAwaitable);
        session.expires = Clock::time_point::max();
      }
      if (over) co_return;
      if (!out.empty()) continue;
      boost::system::error_code ignored;
      lines.wake.expires_at(Clock::time_point::max());
      co_await lines.wake.async_wait(net::redirect_error(kUseAwaitable, ignored));
    }
  }

  static std::string StreamHead(bool keep) {
    return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(kNdjson) + "\r\nTransfer-Encoding: chunked" +
           (keep ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
  }

  Awaitable<void> Send(Session& session, const HttpReply& reply, bool keep) {
    std::string& out = session.out;
    out.assign("HTTP/1.1 ");
    out += std::to_string(reply.status);
    out += ' ';
    out += ReasonPhrase(reply.status);
    out += "\r\nContent-Type: ";
    out += reply.content_type;
    out += "\r\nContent-Length: ";
    out += std::to_string(reply.body.size());
    if (reply.status == 429 || reply.status == 503) out += "\r\nRetry-After: 1";
    if (reply.status == 401) out += "\r\nWWW-Authenticate: Bearer";
    out += keep ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    session.expires = Clock::now() + options_.send_limit;
    const std::array<net::const_buffer, 2> buffers{net::buffer(out), net::buffer(reply.body)};
    co_await net::async_write(session.socket, buffers, kUseAwaitable);
  }

  const HttpOptions options_;
  HttpHandler handler_;
  Metrics& metrics_;
  std::list<Session*> sessions_;  // before io_: its end destroys the connections' coroutines, which leave this list
  net::io_context io_{1};
  Acceptor acceptor_{io_.get_executor()};
  net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor> sweep_timer_{io_.get_executor()};
  std::size_t in_flight_ = 0;
  std::size_t cheap_ = 0;  // of these: not known to be slow
  bool draining_ = false;
  std::chrono::seconds drain_limit_{10};
  Clock::time_point drain_until_;
  // Last: their destructors finish jobs that still post to io_; the fast lane's may still give jobs to the slow one.
  WorkQueue slow_;
  WorkQueue fast_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(const HttpOptions& options, HttpHandler handler, Metrics& metrics) {
  auto impl = std::make_unique<Impl>(options, std::move(handler), metrics);
  RLAR_TRY(impl->Bind());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

unsigned short HttpServer::port() const { return impl_->port(); }
void HttpServer::Run(std::chrono::seconds drain_limit) { impl_->Run(drain_limit); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace rlar
