import ArgumentParser
import Espalier

struct FormatList: Command {
  static let configuration = CommandConfiguration(
    commandName: "formats", abstract: "List the formats that are read and written.")

  @OptionGroup var output: JSONOption
  var printsJSON: Bool { output.json }

  func execute() throws -> ExitStatus {
    var out = StandardStream.output()
    if output.json {
      out.object { json in
        json.key("formats")
        json.beginArray()
        for format in Formats.all {
          json.beginObject()
          json.key("name")
          json.string(format.name)
          json.key("summary")
          json.string(format.summary)
          json.strings("extensions", format.extensions)
          json.key("writes")
          json.bool(format.writer != nil)
          json.endObject()
        }
        json.endArray()
      }
    } else {
      for format in Formats.all {
        let access = format.writer == nil ? "read" : "read, written"
        out.line("\(format.name)  (\(access))")
        out.line("    \(format.summary)")
        out.line(
          "    known by \(format.signature); usually named "
            + format.extensions.map { "*.\($0)" }.joined(separator: ", "))
      }
    }
    out.flush()
    return .done
  }
}
