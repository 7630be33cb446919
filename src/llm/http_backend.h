// An OpenAI-compatible chat server over HTTP: hosted ones, vLLM, SGLang, llama.cpp, Ollama.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "llm/chat.h"

namespace rlar {

struct HttpBackendOptions {
  std::string url;                               // http(s)://HOST[:PORT][/PATH]; "/v1" is added where there is no path
  std::string model;                             // empty: the server's only one, asked for once
  std::string key;                               // sent as a bearer token; never in a message, a log or a file
  std::chrono::milliseconds timeout{300'000};    // for one try
  const std::atomic<bool>* cancelled = nullptr;  // outlives the backend; checked a few times a second
  bool exact = false;                            // requests as they are: nothing a server refuses is left out, and without a name none is asked for or sent
};

// The key in that variable of the environment, or empty.
std::string KeyFromEnvironment(const char* variable = "RLAR_LLM_API_KEY");

// Checks the address, and asks for the model's name where none is given. What a server refuses of a request (structured
// output, a parameter) is learned once and left out from then on; the schema then goes into the prompt.
Result<std::unique_ptr<ChatBackend>> MakeHttpBackend(HttpBackendOptions options, std::string* model);

}  // namespace rlar
