/**
 * Where everything is in the picture of the house: a column for each room, a row for each area, the same in all rooms.
 */
import { type Area, type House, type Room, rooms } from "./house.ts"

export const titleHeight = 22
export const lineHeight = 15
export const margin = 18
export const top = 66

/** Of what stands before those who use a service. */
const arrowWidth = 14

/** Between two boxes. */
const gap = 16

/** Of a character in the picture's small print, more or less: the fonts of readers differ. */
const charWidth = 6.4

const widths: Readonly<Record<Room, number>> = { services: 236, layers: 260, programs: 214 }

/** What is left of each room, for arrows. */
const gaps: Readonly<Record<Room, number>> = { services: 62, layers: 150, programs: 128 }

/** What is right of the last room, for its own arrows. */
const rest = 52

export interface Box {
  readonly area: Area
  readonly title: string
  readonly lines: ReadonlyArray<string>
  /** Whose arrows would cross the room between: the areas of the programs that use these services. */
  readonly users: ReadonlyArray<string>
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Boxes {
  readonly all: ReadonlyArray<Box>
  /** The left edge of each room, and its width. */
  readonly columns: ReadonlyArray<{ readonly room: Room; readonly x: number; readonly width: number }>
  readonly width: number
  readonly height: number
}

/** Words in as many lines as they need. */
const wrapped = (words: ReadonlyArray<string>, width: number): ReadonlyArray<string> => {
  const most = Math.floor((width - 20) / charWidth)
  const lines: Array<string> = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + 2 <= most) lines[lines.length - 1] = `${last}, ${word}`
    else lines.push(word)
  }
  return lines
}

/** What an area is known by: its services, its layers, or else its files. */
const namesIn = ({ modules, room }: Area): ReadonlyArray<string> => {
  const services = modules.flatMap((module) => module.services)
  const layers = modules.filter((module) => module.layers.length > 0).map(({ name }) => name)
  const known = room === "services" ? services : room === "layers" ? layers : []
  return known.length > 0 ? known : modules.map(({ name }) => name)
}

/** The areas of the programs that import from this one, if it is of the services. */
const usersOf = ({ arrows }: House, area: Area): ReadonlyArray<string> =>
  arrows
    .filter(({ from, to }) => to === area && from.room === "programs" && area.room === "services")
    .map(({ from }) => from.area === "" ? "programs/" : from.area)

/** How far arrows go up and down if the rows are in this order. */
const lengthOf = (order: ReadonlyArray<string>, { arrows }: House): number => {
  const at = new Map(order.map((area, row) => [area, row]))
  return arrows.reduce((sum, { from, to }) => sum + Math.abs((at.get(from.area) ?? 0) - (at.get(to.area) ?? 0)), 0)
}

/** The areas in an order that makes arrows short: two change places as long as that helps. */
const orderOf = (house: House): ReadonlyArray<string> => {
  let order: ReadonlyArray<string> = [...new Set(house.areas.map(({ area }) => area))].toSorted()
  let length = lengthOf(order, house)
  while (true) {
    let shortest = { order, length }
    for (const [one, first] of order.entries()) {
      for (const second of order.slice(one + 1)) {
        const swapped = order.map((area) => area === first ? second : area === second ? first : area)
        const swappedLength = lengthOf(swapped, house)
        if (swappedLength < shortest.length) shortest = { order: swapped, length: swappedLength }
      }
    }
    if (shortest.length === length) return order
    order = shortest.order
    length = shortest.length
  }
}

const columnsOf = (): Boxes["columns"] => {
  let x = margin
  return rooms.map((room) => {
    const column = { room, x: x + gaps[room], width: widths[room] }
    x = column.x + column.width
    return column
  })
}

/** The areas of a room, one below the other. */
const stacked = (house: House, order: ReadonlyArray<string>, { room, width, x }: Boxes["columns"][number]) => {
  let y = top
  return order.flatMap((area): ReadonlyArray<Box> => {
    const found = house.areas.find((each) => each.room === room && each.area === area)
    if (found === undefined) return []
    const lines = wrapped(namesIn(found), width)
    const users = wrapped(usersOf(house, found), width - arrowWidth)
    const height = titleHeight + (lines.length + users.length) * lineHeight + 12
    const box = { area: found, title: area === "" ? `${room}/` : area, lines, users, x, y, width, height }
    y += height + gap
    return [box]
  })
}

/** Spread over this height, so that rooms with little in them stand beside the same areas of others. */
const spread = (boxes: ReadonlyArray<Box>, height: number): ReadonlyArray<Box> => {
  const left = height - bottomOf(boxes)
  return boxes.map((box, row) => ({
    ...box,
    y: box.y + (boxes.length < 2 ? 0 : Math.round((left * row) / (boxes.length - 1)))
  }))
}

const bottomOf = (boxes: ReadonlyArray<Box>) => Math.max(...boxes.map(({ height, y }) => y + height))

/** Places the areas of a house. */
export const place = (house: House): Boxes => {
  const columns = columnsOf()
  const order = orderOf(house)
  const stacks = columns.map((column) => stacked(house, order, column))
  const bottom = bottomOf(stacks.flat())
  const last = columns.at(-1)
  return {
    all: stacks.flatMap((stack) => spread(stack, bottom)),
    columns,
    width: (last === undefined ? 0 : last.x + last.width) + rest + margin,
    height: bottom + margin
  }
}
