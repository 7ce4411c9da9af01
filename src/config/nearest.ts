export { editDistance, nearest } from '../core';
