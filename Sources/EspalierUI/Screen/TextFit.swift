/// Which part of a text to give up when it does not fit.
public enum Shortening: Sendable { case end, middle, start }

/// The text if it fits into so many cells, else its best part with an ellipsis for the rest.
public func fitted(_ text: String, to width: Int, cutting part: Shortening = .end) -> String {
  if cellWidth(of: text) <= width { return text }
  guard width > 0 else { return "" }
  let room = width - 1
  switch part {
  case .end: return head(text, room) + "…"
  case .start: return "…" + tail(text, room)
  case .middle:
    // The end of a key path says more than its start, so it gets the odd cell.
    return head(text, room / 2) + "…" + tail(text, room - room / 2)
  }
}

private func head(_ text: String, _ room: Int) -> String {
  String(whole(text, room))
}

private func tail(_ text: String, _ room: Int) -> String {
  String(whole(text.reversed(), room).reversed())
}

/// As many whole characters, in the order given, as there are cells for.
private func whole(_ order: some Sequence<Character>, _ room: Int) -> [Character] {
  var left = room
  return Array(
    order.prefix { character in
      left -= cellWidth(of: String(character))
      return left >= 0
    })
}

/// The text in pieces of so many cells, broken after a space where one is near the end of a piece;
/// nothing of it is lost.
func folded(_ text: String, to width: Int) -> [String] {
  guard width > 0, cellWidth(of: text) > width else { return [text] }
  var pieces: [String] = []
  var rest = Substring(text)
  while !rest.isEmpty {
    let fits = whole(rest, width).count
    var piece = rest.prefix(max(1, fits))
    if piece.endIndex < rest.endIndex, let space = piece.lastIndex(of: " "),
      piece.distance(from: space, to: piece.endIndex) <= width / 3
    {
      piece = piece[...space]
    }
    pieces.append(String(piece))
    rest = rest[piece.endIndex...]
  }
  return pieces
}
