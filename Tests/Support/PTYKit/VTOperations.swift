extension VTScreen {
  mutating func perform(_ action: VTAction) {
    switch action {
    case .print(let scalar): put(scalar)
    case .control(let byte): control(byte)
    case .escape(let byte): escape(byte)
    case .charset(let slot, let name): charset.set(slot: slot, to: name)
    case .sequence(let sequence): perform(sequence)
    case .command(let text):
      if text.hasPrefix("52;c;") { clipboard = String(text.dropFirst(5)) }
    }
  }

  private mutating func control(_ byte: UInt8) {
    switch byte {
    case 0x08: moveTo(x: cursor.x - 1)
    case 0x09: moveTo(x: (cursor.x / 8 + 1) * 8)
    case 0x0a...0x0c: lineFeed()
    case 0x0d: moveTo(x: 0)
    case 0x0e: charset.shift(to: 1)
    case 0x0f: charset.shift(to: 0)
    default: break
    }
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "7"): savedCursor = (cursor.x, cursor.y, style)
    case UInt8(ascii: "8"):
      cursor = (savedCursor.x, savedCursor.y)
      style = savedCursor.style
    case UInt8(ascii: "D"): lineFeed()
    case UInt8(ascii: "E"):
      moveTo(x: 0)
      lineFeed()
    case UInt8(ascii: "M"): reverseLineFeed()
    case UInt8(ascii: "c"): self = VTScreen(width: width, height: height)
    case UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "\\"): break
    default: unknown.append("ESC \(Unicode.Scalar(byte))")
    }
  }

  private mutating func perform(_ sequence: VTSequence) {
    switch (sequence.marker, sequence.final) {
    case ("?", "h"), ("?", "l"):
      for mode in sequence.parameters.indices {
        set(mode: sequence.value(mode), sequence.final == "h")
      }
    case (nil, "m"): style.apply(sequence.parameters)
    case (nil, "b"): for _ in 0..<sequence.count() { put(lastPut) }
    case (nil, _):
      isWrapPending = false
      if !move(sequence), !edit(sequence) { report(sequence) }
    default: report(sequence)
    }
  }

  private mutating func report(_ sequence: VTSequence) {
    // Modes that change nothing here: insert mode, colour reports, keyboard modes.
    if ["h", "l", "t", "n", "c"].contains(sequence.final) { return }
    unknown.append(
      "CSI \(sequence.marker.map(String.init) ?? "")\(sequence.parameters)\(sequence.final)")
  }

  private mutating func moveTo(x: Int? = nil, y: Int? = nil) {
    isWrapPending = false
    cursor.x = min(max(0, x ?? cursor.x), width - 1)
    cursor.y = min(max(0, y ?? cursor.y), height - 1)
  }

  private mutating func move(_ sequence: VTSequence) -> Bool {
    let count = sequence.count()
    switch sequence.final {
    case "A": moveTo(y: cursor.y - count)
    case "B", "e": moveTo(y: cursor.y + count)
    case "C", "a": moveTo(x: cursor.x + count)
    case "D": moveTo(x: cursor.x - count)
    case "E": moveTo(x: 0, y: cursor.y + count)
    case "F": moveTo(x: 0, y: cursor.y - count)
    case "G", "`": moveTo(x: count - 1)
    case "d": moveTo(y: count - 1)
    case "H", "f": moveTo(x: sequence.count(1) - 1, y: count - 1)
    case "I": moveTo(x: (cursor.x / 8 + count) * 8)
    case "Z": moveTo(x: (cursor.x + 7) / 8 * 8 - 8 * count)
    default: return false
    }
    return true
  }

  private mutating func edit(_ sequence: VTSequence) -> Bool {
    let count = sequence.count()
    let (x, y) = cursor
    switch sequence.final {
    case "J": eraseScreen(sequence.value())
    case "K":
      erase(y, [0: x..<width, 1: 0..<x + 1, 2: 0..<width][sequence.value()] ?? 0..<0)
    case "X": erase(y, x..<min(width, x + count))
    case "P":
      let gone = min(count, width - x)
      rows[y].removeSubrange(x..<x + gone)
      rows[y] += Array(repeating: blank, count: gone)
    case "@":
      rows[y].insert(contentsOf: Array(repeating: blank, count: min(count, width - x)), at: x)
      rows[y].removeLast(min(count, width - x))
    case "L": if region.contains(y) { scroll(y...region.upperBound, by: -count) }
    case "M": if region.contains(y) { scroll(y...region.upperBound, by: count) }
    case "S": scroll(region, by: count)
    case "T": scroll(region, by: -count)
    case "r": setRegion(top: count - 1, bottom: sequence.value(1))
    case "s": savedCursor = (x, y, style)
    case "u": moveTo(x: savedCursor.x, y: savedCursor.y)
    default: return false
    }
    return true
  }

  private mutating func eraseScreen(_ part: Int) {
    let (x, y) = cursor
    switch part {
    case 0:
      erase(y, x..<width)
      for row in y + 1..<max(height, y + 1) { erase(row, 0..<width) }
    case 1:
      erase(y, 0..<x + 1)
      for row in 0..<y { erase(row, 0..<width) }
    default: for row in 0..<height { erase(row, 0..<width) }
    }
  }

  private mutating func setRegion(top: Int, bottom: Int) {
    let last = bottom == 0 ? height - 1 : min(bottom, height) - 1
    region = top < last ? top...last : 0...height - 1
    moveTo(x: 0, y: 0)
  }

  private mutating func set(mode: Int, _ on: Bool) {
    switch mode {
    case 25: isCursorVisible = on
    case 47, 1047, 1049: switchScreen(alternate: on)
    case 1000, 1002, 1003, 1005, 1006, 1015:
      if on { mouseModes.insert(mode) } else { mouseModes.remove(mode) }
    case 2004: hasBracketedPaste = on
    case 2026:
      if isInFrame && !on { frames += 1 }
      isInFrame = on
    case 1, 7, 12, 1034, 1036, 1039: break
    default: unknown.append("mode \(mode)")
    }
  }

  private mutating func switchScreen(alternate: Bool) {
    guard alternate != isAlternate else { return }
    isAlternate = alternate
    if alternate {
      (mainRows, mainCursor) = (rows, cursor)
      rows = Array(repeating: Array(repeating: VTCell(), count: width), count: height)
    } else {
      rows = mainRows
      moveTo(x: mainCursor.x, y: mainCursor.y)
    }
  }
}
