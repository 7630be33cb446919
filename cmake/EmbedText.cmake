# rlar_embed(OUT VARIABLE FILE): writes a .cc that defines `const std::string_view rlar::VARIABLE` with FILE's text.
function(rlar_embed out variable file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${file})
  file(READ ${CMAKE_SOURCE_DIR}/${file} text HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${text}")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${out} @ONLY CONTENT
"// Generated from ${file}.
#include <string_view>

namespace rlar {
namespace {
constexpr unsigned char kBytes[] = {${bytes}};
}
extern const std::string_view ${variable};
const std::string_view ${variable}(reinterpret_cast<const char*>(kBytes), sizeof kBytes);
}  // namespace rlar
")
endfunction()
