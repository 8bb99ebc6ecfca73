# arcproof_folder(<folder> [USES <folder>...] [LINKS <library>...] [EXCLUDE <source>...])
#
# Makes one static library of all sources of <folder>, and publishes that folder's headers alone: a directory of the build
# tree holds symbolic links to the headers, under <folder>/, and only that directory goes on the include path. A header is
# always included by its path from the project's root (#include "engine/core/random.h"), and an include of a folder that is
# not in USES (directly, or through a folder in USES) does not compile. This is how the arrows of the design are enforced.
function(arcproof_folder folder)
  cmake_parse_arguments(ARG "" "" "USES;LINKS;EXCLUDE" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  foreach(excluded ${ARG_EXCLUDE})
    list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/${folder}/${excluded})
  endforeach()

  # One symbolic link a header: a link to the folder would publish the folders in it as well.
  set(publish ${PROJECT_BINARY_DIR}/publish/${name})
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.h)
  file(REMOVE_RECURSE ${publish}/${folder})
  file(MAKE_DIRECTORY ${publish}/${folder})
  foreach(header ${headers})
    get_filename_component(file_name ${header} NAME)
    file(CREATE_LINK ${header} ${publish}/${folder}/${file_name} SYMBOLIC)
  endforeach()

  add_library(arcproof_${name} STATIC ${sources})
  target_include_directories(arcproof_${name} PUBLIC ${publish})
  target_link_libraries(arcproof_${name} PRIVATE arcproof_options)
  foreach(used ${ARG_USES})
    string(REPLACE "/" "_" used_name ${used})
    target_link_libraries(arcproof_${name} PUBLIC arcproof_${used_name})
  endforeach()
  target_link_libraries(arcproof_${name} PUBLIC ${ARG_LINKS})
  set_target_properties(arcproof_${name} PROPERTIES UNITY_BUILD ${ARCPROOF_UNITY} UNITY_BUILD_BATCH_SIZE 6)
  if(ARCPROOF_PRECOMPILE)
    target_precompile_headers(arcproof_${name} REUSE_FROM arcproof_precompiled)
  endif()
endfunction()
