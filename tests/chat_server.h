// A chat server that misbehaves on purpose: raw bytes out for each request, on a loopback port of its own.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "rlar/json.h"

namespace rlar {

class ChatServer {
 public:
  // What to send back for the `n`-th request (from 0); an empty text closes the connection without an answer.
  using Handler = std::function<std::string(int n, const std::string& request)>;

  explicit ChatServer(Handler handler) : handler_(std::move(handler)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    RLAR_CHECK(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    RLAR_CHECK(::listen(socket_.get(), 64) == 0);
    RLAR_CHECK(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~ChatServer() {
    stop_ = true;
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
    for (std::thread& worker : workers_) worker.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int requests() const { return requests_; }
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  static std::string Http(int status, const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Type: application/json\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
  }
  static std::string Completion(const std::string& content, const std::string& finish = "stop") {
    Json message, choice, body, usage, choices = Json::Array{};
    message.Set("role", "assistant");
    message.Set("content", content);
    choice.Set("index", 0);
    choice.Set("message", std::move(message));
    choice.Set("finish_reason", finish);
    choices.Push(std::move(choice));
    usage.Set("prompt_tokens", 100);
    usage.Set("completion_tokens", 10);
    body.Set("choices", std::move(choices));
    body.Set("usage", std::move(usage));
    return body.Dump();
  }

 private:
  void Serve() {
    while (!stop_) {
      const int fd = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      workers_.emplace_back([this, fd] { Answer(UniqueFd(fd)); });
    }
  }
  void Answer(UniqueFd fd) {
    std::string request;
    char buffer[65536];
    for (;;) {
      const auto end = request.find("\r\n\r\n");
      if (end != request.npos) {
        const auto at = request.find("Content-Length: ");
        const std::size_t length = at == request.npos ? 0 : std::stoul(request.substr(at + 16));
        if (request.size() >= end + 4 + length) break;
        if (request.find("Expect: 100-continue") != request.npos && request.size() == end + 4) {
          (void)!::write(fd.get(), "HTTP/1.1 100 Continue\r\n\r\n", 25);
        }
      }
      const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
      if (got <= 0) return;
      request.append(buffer, static_cast<std::size_t>(got));
    }
    int n = 0;
    {
      const std::lock_guard lock(mutex_);
      n = requests_++;
      seen_.push_back(request);
    }
    const std::string reply = handler_(n, request);
    std::size_t sent = 0;
    while (sent < reply.size()) {
      const ssize_t done = ::send(fd.get(), reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (done <= 0) return;
      sent += static_cast<std::size_t>(done);
    }
  }

  Handler handler_;
  UniqueFd socket_;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> requests_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> seen_;  // guarded by mutex_
  std::vector<std::thread> workers_;
  std::thread thread_;
};

}  // namespace rlar
